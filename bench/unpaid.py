"""Sessions that wait for their payment, and the deliveries that say it came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import Range

from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.models import STANDARD_POLICY
from app.extensions import db
from app.payments.models import Payment, PaymentLine
from bench import people
from bench.deliveries import event
from bench.people import Business, client_id, coach_id
from sandbox.stripe.objects import new_id, shaped

PRICE = 7500
CURRENCY = "EUR"
SESSIONS_EACH = 10
"""Of a coach and of a client, none of whose mails is above its recipient's bound."""
MAILS = 2
"""For each payment: to the client and to the coach."""
FIRST = timedelta(days=2)
APART = timedelta(hours=2)


@dataclass(frozen=True)
class Unpaid:
    """A booking whose client has an open Checkout session."""

    booking_id: UUID
    payment_id: UUID
    session_id: str


def load(count: int) -> Sequence[Unpaid]:
    """Put coaches, clients and so many unpaid sessions into an empty, migrated database. Commits."""
    pairs = -(-count // SESSIONS_EACH)
    people.load(Business(0, pairs, pairs))
    unpaid = [Unpaid(uuid4(), uuid4(), new_id("cs_test")) for _ in range(count)]
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + FIRST
    db.session.execute(insert(Payment), [_payment(n % pairs, each, first) for n, each in enumerate(unpaid)])
    starts = [first + n // pairs * APART for n in range(count)]
    bookings = [_booking(n % pairs, each, starts[n]) for n, each in enumerate(unpaid)]
    db.session.execute(insert(Booking), bookings)
    lines = [{"payment_id": each.payment_id, "booking_id": each.booking_id} for each in unpaid]
    db.session.execute(insert(PaymentLine), [{**line, "amount_minor": PRICE} for line in lines])
    db.session.commit()
    return unpaid


def deliveries(unpaid: Sequence[Unpaid]) -> Iterator[str]:
    """`checkout.session.completed` for each."""
    for each in unpaid:
        session = shaped(
            "checkout.session",
            id=each.session_id,
            payment_intent=new_id("pi"),
            payment_status="paid",
            status="complete",
            amount_subtotal=PRICE,
            amount_total=PRICE,
            currency=CURRENCY.lower(),
            client_reference_id=str(each.booking_id),
            metadata={"booking_id": str(each.booking_id), "payment_id": str(each.payment_id)},
            success_url="https://app.example/paid?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="https://app.example/cancelled",
        )
        yield event("checkout.session.completed", session)


def confirmed() -> int:
    """How many bookings are confirmed."""
    return (
        db.session.scalar(select(func.count()).select_from(Booking).filter_by(status=Status.CONFIRMED)) or 0
    )


def _payment(pair: int, unpaid: Unpaid, first: datetime) -> dict[str, Any]:
    return {
        **_who(pair),
        "id": unpaid.payment_id,
        "stripe_session_id": unpaid.session_id,
        "success_url": "https://app.example/paid",
        "cancel_url": "https://app.example/cancelled",
        "session_expires_at": first,
    }


def _booking(pair: int, unpaid: Unpaid, start: datetime) -> dict[str, Any]:
    period = Range(start, start + timedelta(hours=1))
    return {
        **_who(pair),
        "id": unpaid.booking_id,
        "payment_id": unpaid.payment_id,
        "period": period,
        "busy": period,
        "hold_expires_at": start,
        "coach_time_zone": people.COACH_ZONE,
        "client_time_zone": people.CLIENT_ZONE,
        "policy": STANDARD_POLICY,
    }


def _who(pair: int) -> dict[str, Any]:
    return {
        "coach_id": coach_id(pair),
        "client_id": client_id(pair),
        "amount_minor": PRICE,
        "currency": CURRENCY,
    }
