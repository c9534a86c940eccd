"""Work behind the requests: events arrive, jobs and sweeps run, time passes."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.bookings import lifecycle
from app.payments.checkout import expiry
from app.payments.events.payloads import is_returned
from app.payments.refunds import submission
from app.payments.webhook import inbox
from tests.bookings.random_order.booking_model import Entry
from tests.bookings.random_order.payment_model import Page, PaymentModel
from tests.bookings.random_order.scenes import Scene
from tests.bookings.random_order.world import Job, World
from tests.shop import changed

Thing = TypeVar("Thing")
ANY = 9


def newest(things: list[Thing], which: int, can_be_meant: Callable[[Thing], object] = bool) -> Thing:
    """`which` counts from the newest, and goes round, over those that can be meant; ANY goes over all."""
    meant = [thing for thing in things if can_be_meant(thing)]
    pool = meant if meant and which != ANY else things
    return pool[-1 - which % len(pool)]


class BackgroundWork:
    """Each action is applied to the model too."""

    def __init__(self, world: World, scene: Scene) -> None:
        world.begins(scene.begins)
        world.sets(scene)
        self.world, self.scene = world, scene
        self.change = round((scene.changes_at - scene.begins).total_seconds()) // 60
        """The minute at which the first coach's clocks change."""
        self.model = PaymentModel(scene.begins, scene.coaches, world.rules)
        self.waiting: list[dict[str, Any]] = []
        """Events of Stripe's that have not arrived, the oldest first."""
        self.list_checks = 0

    @property
    def entries(self) -> list[Entry]:
        return self.model.entries

    @property
    def pages(self) -> list[Page]:
        return self.model.pages

    def home_of(self, coach: int) -> str:
        return self.scene.coaches[coach].zone

    @property
    def jobs(self) -> list[Job]:
        return self.world.jobs()

    def collect_events(self) -> None:
        self.waiting += self.world.new_events()

    def deliver(self, which: int, again: bool = False) -> None:
        """An event arrives; `again`: it will come once more, and so did another one of the same."""
        event = self.waiting[which % len(self.waiting)]
        for each in [event, changed(event)] if again else [event]:
            assert self.world.deliver_event(each) is None, self.world.event(each).last_error
        if not again:
            self.waiting.remove(event)
        page = self._page_of(event)
        if page:
            self._apply_to_model(event, page)

    def deliver_events_of_newest_page(self) -> None:
        for event in list(self.waiting):
            if self._page_of(event) is self.pages[-1]:
                self.deliver(self.waiting.index(event))

    def _page_of(self, event: dict[str, Any]) -> Page | None:
        payment_id = event["data"]["object"]["metadata"].get("payment_id")
        return next((page for page in self.pages if page.id == payment_id), None)

    def _apply_to_model(self, event: dict[str, Any], page: Page) -> None:
        match event["type"], event["data"]["object"].get("payment_status"):
            case ("checkout.session.completed", "unpaid") | ("payment_intent.processing", _):
                self.model.on_processing(page)
            case (
                ("checkout.session.completed", "paid")
                | ("checkout.session.async_payment_succeeded", _)
                | ("payment_intent.succeeded", _)
            ):
                self.model.on_paid(page)
            case ("payment_intent.payment_failed", _) if is_returned(event["data"]["object"]):
                self.model.on_failed(page)
            case ("payment_intent.payment_failed", _):
                self.model.on_declined(page)
            case ("checkout.session.async_payment_failed", _):
                self.model.on_failed(page)
            case ("checkout.session.expired", _):
                self.model.on_expired(page)
            case ("payment_intent.canceled", _):
                self.model.on_canceled(page)

    def works(self, which: int, again: bool) -> None:
        job = newest(self.jobs, which)
        for _ in range(1 + again):
            self.world.run_job(job)
        if job.task == "payments.close_session":
            next(page for page in self.pages if page.id == job.row_id).close()
        self.collect_events()

    def drop_job(self, which: int) -> None:
        self.world.drop_job(newest(self.jobs, which))

    def passes(self, minutes: int) -> None:
        self.model.passes(minutes)
        self.world.passes(minutes)
        self.collect_events()

    def sweeps_holds(self) -> None:
        self.model.release()
        for booking_id in self.world.work(lambda: lifecycle.STALE_HOLDS.ids(500)):
            self.world.work(expiry.release, booking_id)
        self.collect_events()

    def sweeps_the_past(self) -> None:
        self.model.complete_past()
        self.world.work(lifecycle.complete_past, 500)

    def comes_to_rest(self) -> None:
        """All events arrive, all jobs are done, what was forgotten is found, refunds reach the bank."""
        self._settle()
        for _ in range(2):
            self.passes(5)
            self._settle()

    def _settle(self) -> None:
        self._sweep()
        while self.waiting or self.jobs:
            while self.waiting:
                self.deliver(0)
            while self.jobs:
                self.works(0, again=False)
            self._sweep()

    def _sweep(self) -> None:
        for refund_id in self.world.work(lambda: submission.DUE.ids(500)):
            self.world.work(submission.issue, refund_id)
        for event_id in self.world.work(lambda: inbox.DUE.ids(500)):
            self.world.work(inbox.process, self.world.work(inbox.claim, event_id))
        self.sweeps_holds()
        self.sweeps_the_past()
        self.collect_events()
