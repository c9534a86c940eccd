"""Telling both that their session begins soon."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from app.accounts import models
from app.bookings import messages
from app.bookings.models import Booking
from app.bookings.status import Status
from app.extensions import db


def due(at: datetime, most: int) -> Sequence[UUID]:
    """The sessions whose next reminder is due, the longest due first."""
    query = select(Booking.id).where(Booking.status == Status.CONFIRMED, Booking.next_reminder_at <= at)
    return db.session.scalars(query.order_by(Booking.next_reminder_at).limit(most)).all()


def remind(booking_id: UUID, at: datetime) -> None:
    """Remind the people of one session, if it is still due."""
    booking = Booking.locked(booking_id)
    if booking and booking.next_reminder_at and booking.next_reminder_at <= at:
        _remind(booking, at)
        booking.plan_reminder(at)


def withdraw_late(at: datetime) -> None:
    """While the mail server was away, sessions may have begun, or ended otherwise, unannounced."""
    unsent = messages.unsent_reminders()
    over = or_(Booking.status != Status.CONFIRMED, func.lower(Booking.period) <= at)
    late = set(db.session.scalars(select(Booking.id).where(Booking.id.in_(unsent.values()), over)))
    messages.withdraw([email_id for email_id, booking_id in unsent.items() if booking_id in late])


def _remind(booking: Booking, at: datetime) -> None:
    """Those who chose a reminder that is due, once: an outage may have let several become due."""
    if booking.start <= at:
        return
    now_due = {hours for hours in models.REMINDER_HOURS if _is_due(booking, hours, at)}
    for reader in (booking.client, booking.coach.account):
        if now_due.intersection(reader.reminder_hours):
            messages.reminder(booking, reader, min(now_due))


def _is_due(booking: Booking, hours: int, at: datetime) -> bool:
    """Whether the reminder so many hours before became due since the last one was sent."""
    assert booking.next_reminder_at
    return booking.next_reminder_at <= booking.start - timedelta(hours=hours) <= at
