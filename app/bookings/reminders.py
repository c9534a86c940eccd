"""Telling both that their session begins soon."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails import messages
from app.extensions import db


def remind(at: datetime, most: int) -> int:
    """Remind the people of the sessions whose next reminder is due; how many sessions there were."""
    _withdraw_late(at)
    due = db.session.scalars(
        select(Booking)
        .where(Booking.status == Status.CONFIRMED, Booking.next_reminder_at <= at)
        .order_by(Booking.next_reminder_at)
        .limit(most)
        .with_for_update(of=Booking, skip_locked=True)
    ).all()
    for booking in due:
        _remind(booking, at)
        booking.plan_reminder(at)
    return len(due)


def _withdraw_late(at: datetime) -> None:
    """While the mail server was away, sessions may have begun, or ended otherwise, unannounced."""
    unsent = messages.unsent_reminders()
    over = or_(Booking.status != Status.CONFIRMED, func.lower(Booking.period) <= at)
    late = set(db.session.scalars(select(Booking.id).where(Booking.id.in_(unsent.values()), over)))
    messages.withdraw([email_id for email_id, booking_id in unsent.items() if booking_id in late])


def _remind(booking: Booking, at: datetime) -> None:
    """Those who chose a reminder that is due, once: an outage may have let several become due."""
    if booking.start <= at:
        return
    due = {hours for hours in messages.REMINDER_HOURS if _is_due(booking, hours, at)}
    for reader in (booking.client, booking.coach.account):
        if due.intersection(reader.reminder_hours):
            messages.reminder(booking, reader, min(due))


def _is_due(booking: Booking, hours: int, at: datetime) -> bool:
    """Whether the reminder so many hours before became due since the last one was sent."""
    assert booking.next_reminder_at
    return booking.next_reminder_at <= booking.start - timedelta(hours=hours) <= at
