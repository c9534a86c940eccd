"""What people have had with each other, and a look into every corner of the database."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text

from app.emails import delivery
from app.emails.models import Email
from app.emails.status import UNSENT
from app.extensions import Base, db
from app.payments.models import Refund
from app.payments.refunds import submission
from tests.people import PASSWORD, Person, next_week
from tests.shop import Shop

NOTES = "Please speak slowly, I am hard of hearing"


@dataclass
class Dealings:
    """What a client and a coach have had with each other: one session that was cancelled, one to come."""

    cancelled: dict[str, Any]
    coming: dict[str, Any]
    checkout: dict[str, Any]


def dealings(shop: Shop, client: Person, coach: Person) -> Dealings:
    """Both paid, all events applied, all refunds and mails on their way."""
    booked = []
    for hour in (8, 12):
        booking = client.wish(coach, next_week(hour), notes=NOTES).json()
        checkout = client.checks_out(booking)
        shop.paid(checkout)
        for event in shop.events(checkout):
            shop.deliver_event(event)
        booked.append((booking, checkout))
    (cancelled, _), (coming, checkout) = booked
    reason = {"reason": "Quimby and Vasey fell out"}
    assert client.post(f"/booking/{cancelled['id']}/cancel", json=reason).status_code == 200
    shop.settles(checkout)
    work_off(shop)
    return Dealings(cancelled, coming, checkout)


def work_off(shop: Shop) -> None:
    """What workers do in the end: refunds are asked for, mails leave, and Stripe's word of it comes."""
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    for mail in shop.rows(Email):
        if mail.status in UNSENT:
            shop.work(delivery.deliver, mail.id)


def tables_with(word: str) -> set[str]:
    """Tables in which a word stands anywhere: in any column of any row."""
    db.session.expire_all()
    found = set()
    for name in Base.metadata.tables:
        query = f'SELECT count(*) FROM "{name}" AS line WHERE line::text ILIKE :word'
        if db.session.scalar(text(query), {"word": f"%{word}%"}):
            found.add(name)
    return found


def books() -> list[Any]:
    """All that was counted, to the last unit."""
    queries = (
        "SELECT id, amount_minor, currency, status, amount_refunded_minor, fee_minor FROM payment",
        "SELECT payment_id, booking_id, amount_minor FROM payment_line",
        "SELECT id, amount_minor, status, stripe_refund_id, created_at FROM refund",
        "SELECT coach_id, day, kind, source_id, amount_minor, currency FROM ledger_entry",
        "SELECT id, amount_minor, status, withdrawn_minor FROM dispute",
        "SELECT id, coach_id, client_id, period, amount_minor, created_at FROM booking",
        "SELECT coach_id, amount_minor, reference FROM payout",
    )
    db.session.expire_all()
    return [sorted(map(tuple, db.session.execute(text(query))), key=str) for query in queries]


def erase(person: Person, **body: Any) -> httpx.Response:
    """Asked by the person, who knows the password."""
    return person.ask("DELETE", "/auth/me", json={"password": PASSWORD} | body)
