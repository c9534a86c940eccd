"""The world of random_order with a Stripe that fails on request, a currency without cents, and an admin."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import httpx
import pytest
import stripe
from flask import Flask
from redis import Redis
from sqlalchemy import text

from app import extensions
from app.extensions import db
from app.payments.webhook import inbox
from sandbox.stripe import balance, ledger
from sandbox.stripe.faults import Fault
from sandbox.stripe.pace import Pace
from tests.bookings.random_order.booking_model import Rules
from tests.bookings.random_order.world import World, stripe_of_its_own
from tests.configuration import Configure
from tests.payments.payouts.connected_accounts import onboarded
from tests.payments.random_faults.database_snapshot import Snapshot
from tests.payments.random_faults.interleaving import Action, Pause, at_once, stops
from tests.people import Sandbox
from tests.shop import Event, become_admin

PACE = Pace(settle_after=60, debit_after=40 * 60, refund_after=2 * 60 * 60, dispute_after=30 * 60)


class StripeCall(Enum):
    """What Stripe is asked for, and fails to do."""

    ANYTHING = ("*", "*")
    A_PAGE = ("POST", "/v1/checkout/sessions")
    TO_CLOSE_A_PAGE = ("POST", "/v1/checkout/sessions/*/expire")
    HOW_A_PAGE_STANDS = ("GET", "/v1/checkout/sessions/*")
    A_REFUND = ("POST", "/v1/refunds")
    WHICH_REFUNDS = ("GET", "/v1/refunds")
    A_FEE = ("GET", "/v1/payment_intents/*")
    TO_TAKE_BACK = ("POST", "/v1/transfers/*/reversals")
    TO_SEND_AGAIN = ("POST", "/v1/transfers")


class Failure(Enum):
    """How it fails: with or without having done what it was asked for."""

    BREAKS = Fault(status=500)
    BREAKS_AFTERWARDS = Fault(status=500, after_work=True)
    IS_DOWN = Fault(status=503)
    IS_DOWN_AFTERWARDS = Fault(status=503, after_work=True)
    IS_BUSY = Fault(status=429, retry_after_seconds=5)
    HANGS_UP = Fault(close_connection=True)
    HANGS_UP_AFTERWARDS = Fault(close_connection=True, after_work=True)


class Refusal(Enum):
    """How it refuses to move money, each by what it is for."""

    NO_BALANCE = Fault(refusal="insufficient_balance")
    DISPUTED = Fault(refusal="charge_disputed")
    OVERTAKEN = Fault(refusal="charge_already_refunded")
    FOR_GOOD = Fault(refusal="too_old")
    NO_BALANCE_BY_CODE = Fault(refusal="balance_insufficient")
    DISPUTED_BY_NOW = Fault(refusal="refund_disputed_payment")
    NOT_REFUNDABLE = Fault(refusal="charge_not_refundable")
    OTHER_KEY = Fault(refusal="no_such_payment")
    OTHER_MODE = Fault(refusal="livemode_mismatch")
    UNKNOWN = Fault(refusal="no_such_transfer")


OF_TRANSFERS = [Refusal.NO_BALANCE, Refusal.NO_BALANCE_BY_CODE, Refusal.UNKNOWN]
OF_REFUNDS = [each for each in Refusal if each is not Refusal.UNKNOWN]
CAPITAL = 100_000_00
"""Of ours at Stripe, in cents: what is sent to a coach again comes from there."""


class PaymentWorld(World):
    rules = (Rules(late_percent=50), Rules(before=15, late_percent=0), Rules())
    """The second sells in yen; to the third, Stripe sends on what clients pay."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.coaches[1].open_for_business(hourly_rate=7333, currency="JPY")
        self.admin = self.stranger
        become_admin(self.admin)
        self._snapshot = Snapshot(db.engine)

    def begins(self, at: datetime | None = None) -> None:
        self._starts_afresh(at)
        onboarded(self, self.coaches[2])
        with self.stripe.account.lock:
            source = {"id": "tu_of_ours", "currency": "eur"}
            balance.record(self.stripe.account, "topup", source, CAPITAL)

    def ends(self) -> None:
        db.session.remove()
        self._snapshot.restore()

    def select(self, query: str) -> list[Any]:
        with db.engine.connect() as connection:
            return list(connection.execute(text(query)))

    def passes(self, minutes: int) -> None:
        super().passes(minutes)
        self.catches_up()

    def catches_up(self) -> None:
        """Stripe's clock ran on by the moments that the story took: what is there by now is not of later."""
        self.clock.at = max(self.clock.at, datetime.fromtimestamp(self.stripe.account.clock.exact(), UTC))

    def at_stripes(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a kind, the oldest first, whatever requests fail."""
        with self.stripe.account.lock:
            return deepcopy(self.stripe.account.store.newest_first(kind))[::-1]

    def stripes_books(self) -> dict[str, Any]:
        with self.stripe.account.lock:
            return deepcopy(ledger.books(self.stripe.account))

    def new_events(self) -> list[Event]:
        """What Stripe has to say since it was last asked, of what it is asked to tell."""
        with self.stripe.account.lock:
            events = self.stripe.account.store.newest_first("event")
            unheard = deepcopy(events[: len(events) - len(self._heard)])[::-1]
        self._heard += [event["id"] for event in unheard]
        return [event for event in unheard if event["type"] in inbox.SUBSCRIBED]

    def stripe_fails(self, asked: StripeCall, failure: Failure | Refusal, times: int) -> None:
        method, path = asked.value
        fault = failure.value.model_copy(update={"method": method, "path": path, "times": times})
        with self.stripe.account.lock:
            self.stripe.account.faults.pending.append(fault)

    def at_once(self, first: Action, second: Action, pause: Pause) -> None:
        at_once(db.engine, first, second, pause)

    def stripe_recovers(self) -> None:
        with self.stripe.account.lock:
            self.stripe.account.faults.pending.clear()

    def button(self, path: str, **body: Any) -> bool:
        """Somebody presses one of Stripe's own; whether Stripe does it."""
        return self.sandbox.http.post(f"{self.sandbox.stripe_url}/_sandbox{path}", json=body).is_success


@pytest.fixture
def world(
    app: Flask, http: httpx.Client, broker: Redis, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PaymentWorld]:
    monkeypatch.setitem(app.config, "JWT_ACCESS_TOKEN_EXPIRES", 86_400)  # a failure is made small for long
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)  # between two tries of Stripe's package
    configure(commission_percent=Decimal("12.5"), stripe_connect=True, stripe_reads_per_second=100)
    with (
        stripe_of_its_own(app, PACE) as own,
        Sandbox(stripe_url=own.account.settings.url, mailbox_url="") as sandbox,
    ):
        world = PaymentWorld(app, http, broker, own, sandbox)
        monkeypatch.setattr(extensions, "datetime", world.clock)
        http.event_hooks["response"].append(_is_no_failure_of_ours)
        with stops(db.engine, monkeypatch):
            yield world


def _is_no_failure_of_ours(answer: httpx.Response) -> None:
    """Where Stripe fails, it is said so, and to come again."""
    assert answer.status_code in {503, *range(500)}, f"{answer.request.url}: {answer.read()!r}"
