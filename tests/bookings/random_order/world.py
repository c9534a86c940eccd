"""The application, its clock, its queue and a Stripe of its own, none of which moves by itself."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Connection, NestedTransaction, text

from app import extensions
from app.config.settings import settings_of
from app.extensions import db
from app.payments.checkout import expiry
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.payouts import connect
from app.payments.refunds import charge_refunds, submission
from app.payments.stripe import client as stripe_client
from app.payments.webhook import inbox
from sandbox.stripe.pace import Pace
from sandbox.stripe.server import Server
from sandbox.stripe.settings import Settings
from tests.bookings.random_order.booking_model import Rules
from tests.bookings.random_order.payment_model import BANK
from tests.bookings.random_order.scenes import Scene, availability
from tests.clock import Clock
from tests.people import Person, Sandbox
from tests.ports import free_port
from tests.queues import QUEUES
from tests.shop import Shop

MINUTE = timedelta(minutes=1)
PACE = Pace(settle_after=60, refund_after=60, debit_after=BANK * 60)
IBANS = {True: "DE89370400440532013000", False: "DE62370400440532013001"}
"""Of an account that pays, and of one that does not."""
JOBS: dict[str, Callable[[str], object]] = {
    "payments.recover_transfer": lambda recovery_id: recovery_submission.recover(UUID(recovery_id)),
    "payments.submit_refund": lambda refund_id: submission.issue(UUID(refund_id)),
    "payments.close_session": lambda payment_id: expiry.close(UUID(payment_id)),
    "payments.process_recorded_event": lambda event_id: inbox.process(inbox.claim(event_id)),
    "payments.look_up_fee": lambda payment_id: stripe_fees.look_up(UUID(payment_id)),
    "payments.look_up_payout_account": lambda coach_id: connect.look_up(UUID(coach_id)),
    "payments.look_up_refunds": lambda payment_id: _look_up_refunds(UUID(payment_id)),
}
"""What a worker does; mails stay in the outbox."""


def _look_up_refunds(payment_id: UUID) -> None:
    """A Stripe that is away is asked again; here the message is lost, and reconciliation finds them."""
    with suppress(stripe_client.StripeAway):
        charge_refunds.look_up(payment_id)


@dataclass(frozen=True)
class Job:
    """A message on the queue."""

    task: str
    row_id: str
    queue: str
    raw: str


class World(Shop):
    """A shop with a past that can be undone."""

    rules = (Rules(), Rules(before=15, after=10, most_a_day=3, late_percent=50))
    """Of its two coaches."""

    def __init__(
        self, app: Flask, http: httpx.Client, broker: Redis, stripe: Server, sandbox: Sandbox
    ) -> None:
        super().__init__(app, sandbox)
        self.http, self.broker, self.stripe = http, broker, stripe
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        self.start = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, tzinfo=UTC)
        self.clock = Clock(self.start)
        self._savepoint: NestedTransaction | None = None
        self.clients = [Person.registered(http, "client") for _ in range(3)]
        self.coaches = [_coach(http, rules) for rules in self.rules]
        self.stranger = Person.registered(http, "client")

    @property
    def connection(self) -> Connection:
        """The one on which all that the application does happens."""
        connection = db.engines[None]
        assert isinstance(connection, Connection)
        return connection

    def begins(self, at: datetime | None = None) -> None:
        """A story does, now or at another time; tomorrow at eight if none is named."""
        self._starts_afresh(at)
        self._savepoint = self.connection.begin_nested()

    def _starts_afresh(self, at: datetime | None = None) -> None:
        """But for the database."""
        self.start = at or self.start
        self.broker.delete(*QUEUES)
        self.sandbox.control("/reset")
        self.sandbox.control("/deliveries/rule", mode="drop")
        self._heard: list[str] = []
        self.clock.at = self.start
        with self.stripe.account.lock:
            self.stripe.account.clock.show(self.start.timestamp())

    def sets(self, scene: Scene) -> None:
        """Gives everybody the clocks and hours of a scene."""
        for coach, calendar in zip(self.coaches, scene.coaches, strict=True):
            profile = {"time_zone": calendar.zone, "slot_step_minutes": calendar.step}
            coach.ask("PATCH", "/coach/me", json=profile).raise_for_status()
            coach.ask("PUT", "/coach/me/availability", json=availability(calendar)).raise_for_status()
        for person, zone in zip([*self.clients, *self.coaches], scene.zones, strict=True):
            person.ask("PATCH", "/auth/me", json={"time_zone": zone}).raise_for_status()

    def ends(self) -> None:
        """As if nothing of it had been."""
        db.session.remove()
        assert self._savepoint
        self._savepoint.rollback()

    def at(self, minute: int) -> datetime:
        return self.start + minute * MINUTE

    def passes(self, minutes: int) -> None:
        """Time passes, here and at Stripe."""
        self.clock.at += minutes * MINUTE
        self._stripe_passes(minutes * MINUTE)

    def _stripe_passes(self, span: timedelta) -> None:
        self.sandbox.control("/clock", advance_seconds=span.total_seconds())

    def debits(self, address: str, bank_pays: bool) -> httpx.Response:
        """The payer gives the number of a bank account."""
        form = {
            "payment_method_type": "sepa_debit",
            "email": "payer@example.com",
            "iban": IBANS[bank_pays],
            "account_holder": "Pat Payer",
        }
        return self.sandbox.http.post(address, data=form)

    def new_events(self) -> list[dict[str, Any]]:
        """What Stripe has to say since it was last asked, the oldest first."""
        since = f"&ending_before={self._heard[-1]}" if self._heard else ""
        news = self.at_stripe(f"/v1/events?limit=100{since}")
        assert not news["has_more"]
        self._heard += [event["id"] for event in news["data"][::-1]]
        found: list[dict[str, Any]] = news["data"][::-1]
        return found

    def jobs(self) -> list[Job]:
        """What waits on the queues, mails apart."""
        waiting = [
            (queue, raw) for queue in ("events", "schedule") for raw in self.broker.lrange(queue, 0, -1)
        ]
        return sorted((_job(*each) for each in waiting), key=lambda job: (job.task, job.row_id))

    def drop_job(self, job: Job) -> None:
        self.broker.lrem(job.queue, 1, job.raw)

    def run_job(self, job: Job) -> None:
        self.drop_job(job)
        self.work(JOBS[job.task], job.row_id)

    def select(self, query: str) -> list[Any]:
        return list(self.connection.execute(text(query)))


def _coach(http: httpx.Client, rules: Rules) -> Person:
    return Person.registered(http, "coach").open_for_business(
        buffer_before_minutes=rules.before,
        buffer_after_minutes=rules.after,
        max_per_day=rules.most_a_day,
        cancellation_policy={
            "tiers": [
                {"hours_before": 24, "refund_percent": 100},
                {"hours_before": 0, "refund_percent": rules.late_percent},
            ],
            "client_notice_minutes": 0,
            "coach_notice_minutes": 0,
        },
    )


def _job(queue: str, raw: str) -> Job:
    message = json.loads(raw)
    (row_id,), *_ = json.loads(base64.b64decode(message["body"]))
    return Job(message["headers"]["task"], row_id, queue, raw)


@contextmanager
def stripe_of_its_own(app: Flask, pace: Pace) -> Iterator[Server]:
    """A Stripe in this process that the application asks meanwhile."""
    settings = settings_of(app)
    stripe = Server(Settings(url=f"http://127.0.0.1:{free_port()}", pace=pace))
    stripe.start()
    before = app.extensions["stripe"]
    stripe_client.init_app(
        app, settings.model_copy(update={"sandbox_stripe_url": stripe.account.settings.url})
    )
    try:
        yield stripe
    finally:
        app.extensions["stripe"] = before
        stripe.stop()


@pytest.fixture
def world(app: Flask, http: httpx.Client, broker: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setitem(app.config, "JWT_ACCESS_TOKEN_EXPIRES", 86_400)  # a failure is made small for long
    with (
        stripe_of_its_own(app, PACE) as stripe,
        Sandbox(stripe_url=stripe.account.settings.url, mailbox_url="") as sandbox,
    ):
        world = World(app, http, broker, stripe, sandbox)
        monkeypatch.setattr(extensions, "datetime", world.clock)
        http.event_hooks["response"].append(_is_no_failure_of_ours)
        yield world


def _is_no_failure_of_ours(answer: httpx.Response) -> None:
    assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.read()!r}"
