"""Work behind the requests, and how all of it comes to rest."""

from dataclasses import replace
from datetime import timedelta

from app.bookings import lifecycle
from app.extensions import now
from app.payments.checkout import expiry
from app.payments.disputes import deadlines
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.reconciliation import run as reconciliation_run
from app.payments.reconciliation.windows import QUIET, Stage, Window, asked, recent
from app.payments.refunds import submission
from app.payments.stripe import client as stripe_client
from app.payments.webhook import inbox
from tests.bookings.random_order.background import newest
from tests.bookings.random_order.world import Job
from tests.payments.random_faults.actions import Actors
from tests.payments.random_faults.world import PaymentWorld
from tests.shop import Event, changed

ALL = "400d"
OF_EVENTS = {Stage.UNDELIVERED, Stage.EVENTS, Stage.STUCK_EVENTS}
NEXT_DUE = """
    SELECT min(due_at) AS at FROM (
        SELECT min(due_at) AS due_at FROM stripe_event WHERE status = 'received'
        UNION ALL SELECT min(fee_due_at) FROM payment
        UNION ALL SELECT min(due_at) FROM recovery WHERE status = 'pending'
        UNION ALL SELECT min(due_at) FROM refund WHERE status = 'pending' AND stripe_refund_id IS NULL
            AND NOT EXISTS (SELECT FROM dispute WHERE dispute.payment_id = refund.payment_id
                AND status NOT IN ('won', 'lost', 'prevented', 'warning_closed')
                AND NOT is_charge_refundable)
    ) due"""
MAX_PAUSES = 60
"""A refund that Stripe would refuse for ever would come due for ever."""


class BackgroundWork(Actors):
    def __init__(self, world: PaymentWorld) -> None:
        super().__init__(world)
        self.waiting: list[Event] = []
        """Events of Stripe's that have not arrived, the oldest first."""
        self.lost: list[Event] = []
        """Those that never will."""
        self._compared_at = world.clock.at

    @property
    def jobs(self) -> list[Job]:
        return self.world.jobs()

    def buys(self, client: int, coach: int, ahead: int, sessions: int, card: str) -> None:
        """All the way, but that we do not hear of it yet; where there is no such time, nothing is paid."""
        before = len(self.pages)
        self.books(client, coach, ahead, sessions)
        if self.bookings:
            self.opens_page(0, "https://here.example")
        if len(self.pages) > before:
            self.pays(0, card)

    def collect_events(self, heard: bool = True) -> None:
        """Stripe tells what is new, or its word is lost for good."""
        (self.waiting if heard else self.lost).extend(self.world.new_events())

    def deliver(self, which: int, again: bool = False) -> None:
        """An event arrives; `again`: it will come once more, and so did another one of the same."""
        event = self.waiting[which % len(self.waiting)]
        for each in [event, changed(event)] if again else [event]:
            assert self.world.deliver_event(each) is None, self.world.event(each).last_error
        if not again:
            self.waiting.remove(event)

    def deliver_old_event(self, which: int, under_another_id: bool) -> None:
        """Something that Stripe said long ago comes, perhaps once more."""
        if said := [event for event in self.world.at_stripes("event") if event["type"] in inbox.SUBSCRIBED]:
            event = said[which % len(said)]
            event = changed(event) if under_another_id else event
            assert self.world.deliver_event(event) is None, self.world.event(event).last_error

    def deliver_all(self) -> None:
        while self.waiting:
            self.deliver(0)

    def lose_event(self, which: int) -> None:
        self.lost.append(self.waiting.pop(which % len(self.waiting)))

    def works(self, which: int, again: bool) -> None:
        job = newest(self.jobs, which)
        for _ in range(1 + again):
            self.world.run_job(job)

    def works_off(self) -> None:
        for job in self.jobs:
            self.world.run_job(job)
        self.collect_events()

    def passes(self, minutes: int) -> None:
        self.world.passes(minutes)
        self.collect_events()

    def sweeps(self) -> None:
        """What beat does every minute."""
        work = self.world.work
        for refund_id in work(submission.DUE.ids, 500):
            work(submission.issue, refund_id)
        for event_id in work(inbox.DUE.ids, 500):
            work(inbox.process, work(inbox.claim, event_id))
        for recovery_id in work(recovery_submission.DUE.ids, 500):
            work(recovery_submission.recover, recovery_id)
        for payment_id in work(stripe_fees.DUE.ids, 500):
            work(stripe_fees.look_up, payment_id)
        for booking_id in work(lambda: lifecycle.STALE_HOLDS.ids(500)):
            work(expiry.release, booking_id)
        work(lifecycle.complete_past, 500)
        work(lambda: deadlines.warn(now(), 500))
        self.collect_events()

    @property
    def has_something_to_compare(self) -> bool:
        """Beat leaves alone what is too young: soon after another comparison there is nothing else."""
        return self.world.clock.at - self._compared_at > QUIET

    def reconciles(self) -> None:
        """As beat does now and then; where Stripe fails, the next one goes on."""
        self._compared_at = self.world.clock.at
        try:
            self._compares(recent())
        except stripe_client.StripeAway:
            return

    def _compares(self, window: Window) -> set[Stage]:
        """In which stages something differed."""

        def run() -> set[Stage]:
            *_, stages = reconciliation_run.run(window, patience=0)
            return {row.stage for row in stages if row.settled or row.differing}

        self.world.catches_up()
        found = self.world.work(run)
        self.collect_events()
        return found

    def comes_to_rest(self, by_events: bool) -> None:
        """Stripe is well, what is under way arrives, jobs are done; one comparison tells what was lost."""
        self.world.stripe_recovers()
        self._settles()
        self.passes(5)
        self._settles()
        if self.lost:
            self._finds_what_was_lost(by_events)
        for _ in range(MAX_PAUSES):
            if not self._waits_for_what_is_due():
                return
            self._settles()
        raise AssertionError("something comes due for ever")

    def _finds_what_was_lost(self, by_events: bool) -> None:
        """From Stripe's list of events and from its objects, or from these alone."""
        self._compares(asked(ALL) if by_events else _objects_alone())
        self._settles()

    def finds_nothing_more(self) -> None:
        """But pages that Stripe has opened, and kept to itself."""
        kept_to_itself = self._open_pages() - self._known_pages()
        found = self._compares(_objects_alone()) - ({Stage.SESSIONS} if kept_to_itself else set())
        assert not found, (found, self.world.select("SELECT * FROM difference"))
        self._settles()

    def deliver_lost_events(self) -> None:
        """What was lost comes after all, when all is known."""
        if not self.lost:
            return
        self.waiting, self.lost = self.lost, []
        self._settles()
        self._compares(asked(ALL))  # an old decline counts until the page is looked at
        self._settles()

    def _open_pages(self) -> set[str]:
        return {each["id"] for each in self.world.at_stripes("checkout.session") if each["status"] == "open"}

    def _known_pages(self) -> set[str]:
        return {row.stripe_session_id for row in self.world.select("SELECT stripe_session_id FROM payment")}

    def _waits_for_what_is_due(self) -> bool:
        (row,) = self.world.select(NEXT_DUE)
        if row.at is None:
            return False
        ahead: timedelta = row.at - self.world.clock.at
        self.passes(max(0, int(ahead.total_seconds()) // 60) + 1)
        return True

    def _settles(self) -> None:
        self.sweeps()
        while self.waiting or self.jobs:
            self.deliver_all()
            self.works_off()
            self.sweeps()


def _objects_alone() -> Window:
    window = asked(ALL)
    stages = [stage for stage in window.stages if stage not in OF_EVENTS]
    return replace(window, name="objects alone", stages=stages)
