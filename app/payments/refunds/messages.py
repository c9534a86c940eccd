"""Mails about refunds."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.bookings.messages import seen_by
from app.bookings.models import Booking
from app.emails import subject_ids
from app.emails.outbox import enqueue_email
from app.money.money import Money
from app.payments.models import Refund
from app.time_zones import moment
from app.unicode_text import isolate


def payment_returned(
    bookings: Sequence[Booking], payment_id: UUID, amount: Money, why: str, free: Sequence[datetime]
) -> None:
    """Mail the client that a payment is refunded: sessions, reason, and free times instead."""
    first = bookings[0]
    zone = first.client.zone
    enqueue_email(
        "payment_returned",
        subject_ids.of_returned_payment(payment_id, first.id),
        first.client,
        f"Your payment of {amount} is on its way back",
        coach=seen_by(first.client, first.coach.account),
        sessions=[moment(booking.start, zone) for booking in bookings],
        amount=amount,
        why=why,
        free=[moment(start, zone) for start in free],
    )


def refund_issued(refund: Refund, sessions: Sequence[Booking]) -> None:
    """Mail the client that a refund was issued."""
    client = sessions[0].client
    when = moment(refund.created_at, client.zone)
    title = f"Refund of {refund.money} issued"
    enqueue_email("refund_issued", refund.id, client, title, refund=refund, what=_what(sessions), when=when)


def refund_failed(refund: Refund, sessions: Sequence[Booking]) -> None:
    """Mail the client that a refund failed and the money comes another way."""
    what = "did not arrive" if refund.stripe_refund_id else "could not be made"
    title = f"Your refund of {refund.money} {what}"
    enqueue_email("refund_failed", refund.id, sessions[0].client, title, refund=refund, what=_what(sessions))


def _what(sessions: Sequence[Booking]) -> str:
    """60 minutes with Chris Coach, and the time below; of several sessions only the number."""
    first = sessions[0]
    coach = seen_by(first.client, first.coach.account)
    if len(sessions) > 1:
        return f"{len(sessions)} sessions with {isolate(coach.name)}"
    when = moment(first.start, first.client.zone)
    return f"{first.duration_minutes} minutes with {isolate(coach.name)}\n{when}"
