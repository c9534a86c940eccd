"""Reminders of upcoming sessions."""

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
    """Sessions with a due reminder, the longest due first."""
    query = select(Booking.id).where(Booking.status == Status.CONFIRMED, Booking.next_reminder_at <= at)
    return db.session.scalars(query.order_by(Booking.next_reminder_at).limit(most)).all()


def remind(booking_id: UUID, at: datetime) -> None:
    """Send the reminders of one session, if still due."""
    booking = Booking.locked(booking_id)
    if booking and booking.next_reminder_at and booking.next_reminder_at <= at:
        _remind(booking, at)
        booking.plan_reminder(at)


def withdraw_late(at: datetime) -> None:
    """Withdraw unsent reminders of sessions that began or ended while the mail server was away."""
    unsent = messages.unsent_reminders()
    over = or_(Booking.status != Status.CONFIRMED, func.lower(Booking.period) <= at)
    late = set(db.session.scalars(select(Booking.id).where(Booking.id.in_(unsent.values()), over)))
    messages.withdraw([email_id for email_id, booking_id in unsent.items() if booking_id in late])


def _remind(booking: Booking, at: datetime) -> None:
    """Readers with a due reminder, each once, even if several became due during an outage."""
    if booking.start <= at:
        return
    now_due = {hours for hours in models.REMINDER_HOURS if _is_due(booking, hours, at)}
    for reader in (booking.client, booking.coach.account):
        if now_due.intersection(reader.reminder_hours):
            messages.reminder(booking, reader, min(now_due))


def _is_due(booking: Booking, hours: int, at: datetime) -> bool:
    """Whether the reminder this many hours before became due since the last one."""
    assert booking.next_reminder_at
    return booking.next_reminder_at <= booking.start - timedelta(hours=hours) <= at
