"""A day of traffic: people book, pay, fail to, change their minds. Who hears of it is another matter."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from app.extensions import db
from app.payments.checkout import expiry
from app.payments.ledger import stripe_fees
from app.payments.refunds import submission
from app.payments.webhook.inbox import SUBSCRIBED
from tests.payments.scenarios import DEBIT, FAILING_DEBIT
from tests.people import ASKS_FOR_3DS, CARD, DECLINED, Checkout, Person, next_week
from tests.shop import Shop

BOOKS = {
    "bookings": """
        SELECT name, lower(period), status, cancelled_by, cancel_refund_percent, calendar_sequence
        FROM booking JOIN account ON account.id = client_id""",
    "payments": """
        SELECT name, status, amount_minor, currency, amount_refunded_minor, failure_code, failure_message,
            fee_minor, net_minor, session_ended_at IS NULL, stripe_session_id IS NULL,
            stripe_payment_intent_id IS NULL, stripe_charge_id IS NULL, receipt_url IS NULL,
            ARRAY(SELECT amount_minor FROM payment_line WHERE payment_id = payment.id)
        FROM payment JOIN account ON account.id = client_id""",
    "refunds": """
        SELECT name, refund.status, refund.amount_minor, refund.currency, refund.reason, cause,
            failure_reason, stripe_refund_id IS NULL
        FROM refund JOIN payment ON payment.id = payment_id JOIN account ON account.id = client_id""",
    "disputes": """
        SELECT name, dispute.status, dispute.amount_minor, withdrawn_minor, dispute.reason, fund_moves
        FROM dispute JOIN payment ON payment.id = payment_id JOIN account ON account.id = client_id""",
    "ledger": """
        SELECT name, kind, sum(ledger_entry.amount_minor), ledger_entry.currency
        FROM ledger_entry JOIN payment ON payment.id = payment_id JOIN account ON account.id = client_id
        GROUP BY name, kind, ledger_entry.currency""",
    "mails": "SELECT kind, recipient_name, subject FROM email WHERE kind <> 'verify_address'",
    "moves": """
        SELECT name, array_agg(before || ' > ' || after || ': ' || reason ORDER BY made.created_at)
        FROM (
            SELECT client_id, payment_id AS id, before, after, reason, move.created_at
            FROM payment_move move JOIN payment ON payment.id = payment_id
            UNION ALL
            SELECT client_id, booking_id, before, after, reason, move.created_at
            FROM booking_move move JOIN booking ON booking.id = booking_id
        ) made JOIN account ON account.id = client_id GROUP BY name, made.id""",
    "events": "SELECT type, status, count(*) FROM stripe_event GROUP BY type, status",
}
"""All that a shop has on record, but for ids and times."""


_IDS = re.compile(r"\b(?:[0-9a-f]{8}-[0-9a-f-]{27}|(?:cs_test|pi|re|evt|dp)_\w+)\b")


def books() -> dict[str, list[str]]:
    """What a shop has on record, in a form in which two can be compared."""
    db.session.rollback()
    found = {name: db.session.execute(text(query)).all() for name, query in BOOKS.items()}
    db.session.rollback()
    return {name: sorted(_IDS.sub("…", str(tuple(row))) for row in rows) for name, rows in found.items()}


@dataclass
class Day:
    """One shop's day; `hears` is called after each thing that happens at Stripe."""

    shop: Shop
    coach: Person
    hears: Callable[[], None]

    def live(self) -> None:
        for hour, happening in enumerate(HAPPENINGS):
            client = Person.registered(self.coach.http, "client", name=happening.__name__)
            happening(self, client, next_week(hour))
            self.passes()

    def passes(self) -> None:
        """Word arrives, if it does, and workers do what is due."""
        self.hears()
        work(self.shop)

    def page(self, client: Person, at: datetime) -> tuple[dict[str, Any], Checkout]:
        booking = client.books(self.coach, at)
        return booking, client.checks_out(booking)

    def paid(self, client: Person, at: datetime, card: str = CARD) -> tuple[dict[str, Any], Checkout]:
        booking, checkout = self.page(client, at)
        self.shop.sandbox.pays(checkout, card)
        self.control(checkout, "settle")
        return booking, checkout

    def control(self, checkout: Checkout, verb: str, **body: Any) -> Any:
        return self.shop.sandbox.control(f"/payments/{checkout['session_id']}/{verb}", **body)


def work(shop: Shop) -> None:
    """What workers do by themselves, whether or not Stripe's word arrives."""
    for refund_id in shop.work(submission.DUE.ids, 100):
        shop.work(submission.issue, refund_id)
    for payment_id in shop.work(stripe_fees.DUE.ids, 100):
        shop.work(stripe_fees.look_up, payment_id)


def pays(day: Day, client: Person, at: datetime) -> None:
    day.paid(client, at)


def is_declined_and_pays(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.pays(checkout, DECLINED)
    day.passes()
    day.shop.sandbox.pays(checkout)
    day.control(checkout, "settle")


def proves_it_is_them(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.pays(checkout, ASKS_FOR_3DS)
    day.shop.sandbox.authenticates(checkout, "accept")
    day.control(checkout, "settle")


def lets_it_run_out(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.pays(checkout, DECLINED)
    day.shop.sandbox.control(f"/sessions/{checkout['session_id']}/expire")


def pays_late(day: Day, client: Person, at: datetime) -> None:
    booking, _ = day.paid(client, at)
    _hold_ran_out(booking)


def pays_too_late(day: Day, client: Person, at: datetime) -> None:
    booking, _ = day.paid(client, at)
    _hold_ran_out(booking)
    Person.registered(client.http, "client", name="somebody faster").books(day.coach, at)


def pays_twice(day: Day, client: Person, at: datetime) -> None:
    booking, first = day.paid(client, at)
    _change("UPDATE payment SET status = 'expired' WHERE id = :id", first["payment_id"])
    second = client.checks_out(booking)
    day.shop.sandbox.pays(second)
    day.control(second, "settle")


def calls_off_while_paying(day: Day, client: Person, at: datetime) -> None:
    booking, _ = day.paid(client, at)
    client.post(f"/booking/{booking['id']}/cancel", json={})


def calls_off_before_paying(day: Day, client: Person, at: datetime) -> None:
    booking, checkout = day.page(client, at)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    day.shop.work(expiry.close, UUID(checkout["payment_id"]))


def is_debited(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.debits(checkout, DEBIT)
    day.passes()
    day.control(checkout, "debit", outcome="succeeded")
    day.control(checkout, "settle")


def has_no_money_to_debit(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.debits(checkout, FAILING_DEBIT)
    day.passes()
    day.control(checkout, "debit", outcome="failed")


def waits_for_the_bank(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.page(client, at)
    day.shop.sandbox.debits(checkout, DEBIT)


def gets_some_back(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.paid(client, at)
    for amount in (2500, 1000):
        day.passes()
        day.control(checkout, "refund", amount=amount)


def gets_all_back(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.paid(client, at)
    day.passes()
    day.control(checkout, "refund")


def cannot_be_given_it_back(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.paid(client, at)
    day.passes()
    refund = day.control(checkout, "refund", amount=2500)
    day.passes()
    day.shop.sandbox.control(f"/refunds/{refund['id']}/status", status="failed")


def pays_for_a_series_and_calls_one_off(day: Day, client: Person, at: datetime) -> None:
    series = client.wish_series(day.coach, at).json()
    checkout = client.checks_out(series)
    day.shop.sandbox.pays(checkout)
    day.control(checkout, "settle")
    client.post(f"/booking/{series['items'][1]['id']}/cancel", json={})


def disputes_and_wins(day: Day, client: Person, at: datetime) -> None:
    _dispute(day, client, at, "lost")


def disputes_and_loses(day: Day, client: Person, at: datetime) -> None:
    _dispute(day, client, at, "won")


def disputes(day: Day, client: Person, at: datetime) -> None:
    _, checkout = day.paid(client, at)
    day.passes()
    day.control(checkout, "dispute")


def _dispute(day: Day, client: Person, at: datetime, verdict: str) -> None:
    _, checkout = day.paid(client, at)
    day.passes()
    dispute = day.control(checkout, "dispute")
    day.passes()
    day.shop.sandbox.control(f"/disputes/{dispute['id']}/close", verdict=verdict)


def _hold_ran_out(booking: dict[str, Any]) -> None:
    _change("UPDATE booking SET status = 'expired', hold_expires_at = NULL WHERE id = :id", booking["id"])


def _change(statement: str, row_id: str) -> None:
    db.session.execute(text(statement), {"id": row_id})
    db.session.commit()


HAPPENINGS: list[Callable[[Day, Person, datetime], None]] = [
    pays,
    is_declined_and_pays,
    proves_it_is_them,
    lets_it_run_out,
    pays_late,
    pays_too_late,
    pays_twice,
    calls_off_while_paying,
    calls_off_before_paying,
    is_debited,
    has_no_money_to_debit,
    waits_for_the_bank,
    gets_some_back,
    gets_all_back,
    cannot_be_given_it_back,
    pays_for_a_series_and_calls_one_off,
    disputes_and_wins,
    disputes_and_loses,
    disputes,
]


Books = dict[str, list[str]]


class Hearing:
    """Every event arrives, the oldest first, as soon as somebody listens."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._heard: set[str] = set()

    def __call__(self) -> None:
        for event in self._shop.at_stripe("/v1/events?limit=100")["data"][::-1]:
            if event["type"] in SUBSCRIBED and event["id"] not in self._heard:
                self._heard.add(event["id"])
                self._shop.deliver_event(event)


def hear_nothing() -> None:
    """Every webhook is dropped."""


def opened(http: httpx.Client) -> Person:
    return Person.registered(http, "coach", "Europe/Paris", name="Chris Coach").open_for_business()
