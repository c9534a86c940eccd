"""A coach's new video link reaches the sessions that are to come."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.bookings import calendar, messages
from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.models import Coach
from app.extensions import db, now

MAX_SESSION = timedelta(hours=8)


def renew(coach_id: UUID) -> None:
    """Give the sessions that are not over their coach's link, where it changed.

    Who has confirmed ones gets one mail with all their events anew, with a higher SEQUENCE: each program
    replaces the old ones. Does nothing when repeated.
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
        messages.withdraw_reminders(booking)  # which name the old link
        booking.calendar_sequence += 1
    db.session.flush()
    if confirmed:
        messages.video_link_changed(confirmed, changed_at, calendar.invitations)


def due(most: int) -> Sequence[UUID]:
    """Coaches whose link changed and whose job was lost."""
    query = select(Coach.id).where(Coach.link_changed_at.is_not(None))
    return db.session.scalars(query.order_by(Coach.link_changed_at).limit(most)).all()


def _coming(coach: Coach) -> Sequence[Booking]:
    """Locked in the order in which stale holds are, so that neither waits for the other; by their start."""
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
