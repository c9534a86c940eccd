"""Telling both that their session begins soon."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.accounts.models import Account
from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails import messages
from app.extensions import db


def remind(at: datetime, most: int) -> int:
    """Remind the people of confirmed sessions that begin soon, each once for each time that they chose.

    How many people there were to remind. The outbox holds each reminder once, however often this runs.
    """
    start = func.lower(Booking.period)
    soon = start > at, start <= at + timedelta(hours=max(messages.REMINDER_HOURS))
    coming = db.session.scalars(
        select(Booking).where(Booking.status == Status.CONFIRMED, *soon).order_by(start).limit(most)
    ).all()
    return sum(
        _remind(booking, reader, at)
        for booking in coming
        for reader in (booking.client, booking.coach.account)
    )


def _remind(booking: Booking, reader: Account, at: datetime) -> bool:
    """The nearest reminder that is due and was not due when the booking was made."""
    due = [hours for hours in reader.reminder_hours if booking.start - timedelta(hours=hours) <= at]
    if not due:
        return False
    begins = booking.start - timedelta(hours=min(due))
    if booking.confirmed_at is None or booking.confirmed_at > begins:
        return False
    return messages.reminder(booking, reader, min(due))
