"""Telling both that their session begins soon."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails import messages
from app.extensions import db


def remind(at: datetime, most: int) -> int:
    """Remind the people of the sessions whose next reminder is due; how many sessions there were."""
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


def _remind(booking: Booking, at: datetime) -> None:
    """Those who chose the reminder that is due: the latest, when an outage let an earlier one pass too."""
    if booking.start <= at:
        return
    hours = min(each for each in messages.REMINDER_HOURS if booking.start - timedelta(hours=each) <= at)
    for reader in (booking.client, booking.coach.account):
        if hours in reader.reminder_hours:
            messages.reminder(booking, reader, hours)
