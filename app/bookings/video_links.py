"""Copies a coach's new video link to upcoming sessions."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.bookings import calendar, messages, reminders
from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.models import Coach
from app.extensions import db, now
from app.queue.sweeps import DueRows

MAX_SESSION = timedelta(hours=8)


def renew(coach_id: UUID) -> None:
    """Copy the coach's link to sessions that are not over.

    Each client with confirmed ones gets one mail with all their events and a higher SEQUENCE, which replaces
    them in calendars. Does nothing when repeated.
    """
    coach = Coach.locked(coach_id)
    if coach is None or coach.link_changed_at is None:
        return
    changed_at, coach.link_changed_at = coach.link_changed_at, None
    bookings = [each for each in _coming(coach) if each.video_url != coach.video_url]
    confirmed = [each for each in bookings if each.status is Status.CONFIRMED]
    for booking in bookings:
        booking.video_url = coach.video_url
    for booking in confirmed:
        outdated = reminders.withdraw(booking)
        booking.raise_sequence()
        for reader, hours in outdated:  # again, with the new link
            reminders.enqueue(booking, reader, hours)
    db.session.flush()
    if confirmed:
        messages.video_link_changed(confirmed, changed_at, calendar.invitations)


DUE = DueRows(Coach.id, Coach.link_changed_at)
"""Coaches with a new link whose job was lost."""


def _coming(coach: Coach) -> Sequence[Booking]:
    """The sessions by start, locked in the same order as stale holds, to avoid deadlocks."""
    at, start = now(), func.lower(Booking.period)
    alive = Booking.status.in_([Status.PENDING, Status.CONFIRMED])
    found = db.session.scalars(
        select(Booking)
        .where(Booking.coach_id == coach.id, alive, start > at - MAX_SESSION)
        .where(func.upper(Booking.period) > at)
        .options(joinedload(Booking.client))
        .order_by(Booking.id)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    ).all()
    return sorted(found, key=lambda booking: booking.start)
