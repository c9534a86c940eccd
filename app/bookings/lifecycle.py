"""The lifecycle of a booking: confirm, expire, move, complete, mark as no-show.

Every change writes its audit row, by `Booking.transition_to` or `Booking.record_transition`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.bookings import calendar, messages, reminders, unpaid_holds
from app.bookings.cancellation import WrongStatus, client_percent
from app.bookings.models import Booking, Party, overlap_refused
from app.bookings.status import Status
from app.extensions import db, now
from app.http.problems import Problem
from app.http.schema_types import instant_text
from app.queue.sweeps import DueRows

COMPLETES_BY_ITSELF = timedelta(days=1)
"""Time after the end at which a session completes without the coach's word."""


MAX_MOVES = 50
"""The most moves of one session, by both sides together."""


class SlotTaken(Problem):
    status, slug, title = 409, "slot-taken", "Time taken"
    meaning = "Another client holds or has booked this time, or the coach's day is full."
    remedy = "Choose one of the starts in `nearest_free`, or one that `GET /coach/{id}/slot` lists."


class TooManyMoves(Problem):
    status, slug, title = 409, "too-many-moves", "Moved too often"
    meaning = f"A session is moved {MAX_MOVES} times at most, because each move mails both sides."
    remedy = "Keep the session, or cancel it and book another."


class TooEarly(Problem):
    status, slug, title = 409, "too-early", "Too early"
    meaning = "The session has not begun, so it has no outcome yet."
    remedy = "Send the request again after the start of the session."


def confirm(booking: Booking) -> None:
    """Confirm a paid booking. Does nothing when repeated.

    Raises SlotTaken if the hold had expired and the time was sold to another client.
    """
    if booking.status is Status.CONFIRMED:
        return
    if (
        booking.status is Status.PENDING
    ):  # a pending booking already occupies its time: no constraint can refuse it
        _confirm(booking)
        return
    try:
        with db.session.begin_nested():
            _confirm(booking)
    except IntegrityError as error:
        if overlap_refused(error) is None:
            raise
        raise SlotTaken("The hold had expired, and the time was sold.") from None


def _confirm(booking: Booking) -> None:
    booking.video_url = booking.coach.video_url  # an expired booking may have an old link
    booking.transition_to(Status.CONFIRMED, "paid")
    reminders.plan(booking, now())


def announce(bookings: Sequence[Booking]) -> None:
    """Mail both sides about the confirmed bookings; a series in one mail."""
    if len(bookings) == 1:
        messages.booking_confirmed(bookings[0], partial(calendar.invitation, bookings[0]))
    elif bookings:
        messages.series_confirmed(bookings, partial(calendar.invitations, bookings))


def expire(booking: Booking) -> None:
    """Expire an unpaid hold. Does nothing if the booking is no longer pending."""
    if booking.status is Status.PENDING:
        booking.transition_to(Status.EXPIRED, "not paid in time")
        unpaid_holds.lapse(booking)


def check_moves(booking: Booking) -> None:
    """Raises TooManyMoves."""
    if sum(move.before is move.after for move in booking.transitions) >= MAX_MOVES:
        raise TooManyMoves(f"This session was moved {MAX_MOVES} times, which is the limit.")


def moved(booking: Booking, before: datetime, by: Party) -> None:
    """Record a move and mail both sides."""
    reason = f"moved from {instant_text(before)} to {instant_text(booking.start)}"
    booking.record_transition(booking.status, reason)
    if by is Party.CLIENT:
        booking.refund_percent_at_most = client_percent(booking, before, now())
    booking.moved_by = by
    reminders.withdraw(booking)
    reminders.plan(booking, now())
    booking.raise_sequence()
    messages.booking_moved(booking, before, by, partial(calendar.invitation, booking))


def complete(booking: Booking) -> None:
    """Complete a session that took place. Raises WrongStatus, TooEarly."""
    _end(booking, Status.COMPLETED, "the coach says it took place")


def mark_no_show(booking: Booking) -> None:
    """Mark a session as no-show. Raises WrongStatus, TooEarly."""
    _end(booking, Status.NO_SHOW, "the coach says the client did not come")


def _end(booking: Booking, status: Status, reason: str) -> None:
    if booking.status is not Status.CONFIRMED:
        raise WrongStatus(f"This booking is {booking.status}.")
    if now() < booking.start:
        raise TooEarly(f"The session begins at {instant_text(booking.start)}.")
    booking.transition_to(status, reason)


def complete_past(most: int) -> int:
    """Complete sessions that ended a day ago without an outcome. Returns their number."""
    over = Booking.status == Status.CONFIRMED, func.lower(Booking.period) < now() - COMPLETES_BY_ITSELF
    past = (
        select(Booking.id)
        .where(*over, func.upper(Booking.period) < now() - COMPLETES_BY_ITSELF)
        .order_by(func.lower(Booking.period))
        .limit(most)
        .with_for_update(of=Booking, skip_locked=True)
    )
    return Booking.transition_all(past, Status.CONFIRMED, Status.COMPLETED, "a day has passed")


STALE_HOLDS = DueRows(Booking.id, Booking.hold_expires_at, (Booking.status == Status.PENDING,))
"""Pending bookings with an expired hold."""
