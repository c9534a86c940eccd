"""Reminders of upcoming sessions."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_

from app.accounts import models
from app.bookings import messages
from app.bookings.models import Booking
from app.bookings.status import Status
from app.queue.sweeps import DueRows

DUE = DueRows(Booking.id, Booking.next_reminder_at, (Booking.status == Status.CONFIRMED,))
"""Sessions with a due reminder."""


def remind(booking_id: UUID, at: datetime) -> None:
    """Send the reminders of one session, if still due."""
    booking = Booking.locked(booking_id)
    if booking and booking.next_reminder_at and booking.next_reminder_at <= at:
        _remind(booking, at)
        booking.plan_reminder(at)


def withdraw_late(at: datetime, most: int) -> int:
    """Withdraw unsent reminders of sessions that began or ended while the mail server was away.

    Returns their number.
    """
    over = or_(Booking.status != Status.CONFIRMED, func.lower(Booking.period) <= at)
    return messages.withdraw_reminders_of_all(over, most)


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
