"""A coach's new video link reaches the sessions that are to come."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.bookings import calendar
from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.models import Coach
from app.emails import messages
from app.extensions import db, now

LONGEST_SESSION = timedelta(hours=8)


def renew(coach: Coach) -> None:
    """Give the sessions that are not over the coach's link; the coach is locked.

    Where one is confirmed both get its event anew, with a higher SEQUENCE: each program replaces the old one.
    """
    bookings = [each for each in _coming(coach) if each.video_url != coach.video_url]
    for booking in bookings:
        booking.video_url = coach.video_url
        if booking.status is Status.CONFIRMED:
            messages.withdraw_reminders(booking)  # which name the old link
            booking.calendar_sequence += 1
    db.session.flush()
    for booking in bookings:
        if booking.status is Status.CONFIRMED:
            messages.video_link_changed(booking, calendar.invitation(booking))


def _coming(coach: Coach) -> Sequence[Booking]:
    """Locked in the order in which stale holds are, so that neither waits for the other."""
    at, start = now(), func.lower(Booking.period)
    alive = Booking.status.in_([Status.PENDING, Status.CONFIRMED])
    return db.session.scalars(
        select(Booking)
        .where(Booking.coach_id == coach.id, alive, start > at - LONGEST_SESSION)
        .where(func.upper(Booking.period) > at)
        .options(joinedload(Booking.client))
        .order_by(Booking.id)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    ).all()
