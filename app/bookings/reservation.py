"""Reservation of a coach's time, for a new booking or a move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Account
from app.audit import record_transition
from app.bookings import cancellation, hold_limits, lifecycle, unpaid_holds
from app.bookings.hold_duration import HOLD_DURATION
from app.bookings.locks import lock_people
from app.bookings.models import NO_CLIENT_TWICE, Booking, BookingTransition, Party, overlap_refused
from app.bookings.schemas import BookingRequest
from app.bookings.status import Status
from app.coaches import offers, slots
from app.coaches.models import Coach
from app.coaches.offers import Offer, TimeRange
from app.extensions import db, now
from app.http.problems import Invalid, NotFound, Problem
from app.http.schema_types import counted, instant_text

MAX_AHEAD = timedelta(days=366)
"""The longest horizon that a coach can set. A move beyond it is taken for a mistake."""
TIME_TO_HEAR = timedelta(days=1)
"""The least notice for a client whose session the coach moves to an earlier time.

Without it a coach could move a session to a time at which the client cannot come, and keep the price."""


class ClientBusy(Problem):
    status, slug, title = 409, "client-busy", "Client has another session"
    meaning = "The client holds or has booked another session that overlaps this time."
    remedy = "Choose another time, or cancel or move the other session first."


class CoachGone(Problem):
    status, slug, title = 409, "coach-gone", "Coach's account is closed"
    meaning = "The coach's account is closed, so this session cannot be moved to another time."
    remedy = "Keep the session as it is, or cancel it: `GET /booking/{id}/cancellation` shows the refund."


def request(client: Account, wish: BookingRequest) -> Booking:
    """Hold a time with a coach for 15 minutes.

    Raises SlotTaken with the nearest free starts, ClientBusy, TooManyHolds, HoldsPaused, CalendarHeld,
    NotFound, and Invalid outside the coach's hours, notice or horizon.
    """
    start, minutes = wish.session_datetime, wish.duration_minutes
    # checked without the lock first: requests for a taken time must not queue for it
    find_offer(Coach.bookable(wish.coach_id), start, minutes, now())
    coach, at = lock_parties(wish.coach_id, client), now()
    expire_stale_holds(coach, client, [TimeRange.of(coach, start, minutes).busy], at)
    hold_limits.check(client, coach, [start], minutes, at)
    booking = place_hold(coach, client, find_offer(coach, start, minutes, at), wish.notes, at)
    unpaid_holds.record(booking.id, client.id)
    return booking


def find_offer(coach: Coach, start: datetime, minutes: int, at: datetime) -> Offer:
    """What the coach offers at this start. Raises SlotTaken with the nearest free starts, and Invalid."""
    offer = offers.find(coach, start, minutes, at)
    if offer is None:
        raise _refusal(coach, TimeRange.of(coach, start, minutes), at)
    return offer


def lock_parties(coach_id: UUID, client: Account) -> Coach:
    """The coach; the coach's row and then the client's are locked, the common order."""
    coach, _ = lock_people(coach_id, client.id)
    client.check_not_erased()
    if coach is None or not coach.is_listed:
        raise NotFound("There is no such coach.")
    return coach


def expire_stale_holds(
    coach: Coach, client: Account, wanted: Sequence[Range[datetime]], at: datetime
) -> None:
    """Expire overlapping expired holds now, before the sweep does.

    Two clients may block each other at two coaches, so all such holds are locked in one statement, in a fixed
    order. A hold locked by another transaction is waited for, because it may stay unexpired.
    """
    in_the_way = or_(*(Booking.busy.overlaps(busy) for busy in wanted))
    stale = db.session.scalars(
        select(Booking)
        .where(Booking.status == Status.PENDING, Booking.hold_expires_at <= at)
        .where(or_((Booking.coach_id == coach.id) & in_the_way, Booking.client_id == client.id))
        .order_by(Booking.id)
        .with_for_update(of=Booking)
    )
    for booking in stale:
        lifecycle.expire(booking)
    db.session.flush()


def place_hold(
    coach: Coach, client: Account, offer: Offer, notes: str, at: datetime, series_id: UUID | None = None
) -> Booking:
    """Hold what the coach offers. The rows of both are locked. Raises SlotTaken, ClientBusy."""
    booking = Booking(
        id=uuid4(),
        coach=coach,
        client=client,
        period=offer.time.period,
        busy=offer.time.busy,
        status=Status.PENDING,
        notes=notes,
        amount_minor=offer.price.amount,
        currency=offer.price.currency,
        policy=coach.cancellation_policy,
        coach_time_zone=coach.zone_at(offer.time.start).key,
        client_time_zone=client.time_zone,
        video_url=coach.video_url,
        hold_expires_at=at + HOLD_DURATION,
        series_id=series_id,
    )
    with _no_overlap(coach, offer.time, at):
        db.session.add(booking)
    record_transition(BookingTransition, booking_id=booking.id, after=Status.PENDING, reason="requested")
    return booking


def reschedule(booking: Booking, by: Party, start: datetime) -> None:
    """Give a locked booking another time of the same length.

    The coach's hours, notice and horizon bind clients, not the coach who moves a session.

    Raises SlotTaken, ClientBusy, CoachGone, WrongStatus, TooLate, TooManyMoves, and Invalid outside the
    hours, notice or horizon.
    """
    coach, at, before = booking.coach, now(), booking.start
    cancellation.check_may_change(booking, by, at)
    if start == before:
        return
    lifecycle.check_moves(booking)
    if coach.is_gone:
        raise CoachGone(f"{coach.name} no longer accepts bookings. Keep the session, or cancel it.")
    time = TimeRange.of(coach, start, booking.duration_minutes)
    expire_stale_holds(coach, booking.client, [time.busy], at)
    if by is Party.COACH:
        _check_own_reschedule(coach, time, at, booking)
    elif not slots.is_free(coach, start, time.minutes, at, apart_from=booking.id):
        raise _refusal(coach, time, at, apart_from=booking.id)
    with _no_overlap(coach, time, at, apart_from=booking.id, by=by):
        booking.period, booking.busy = time.period, time.busy
        booking.coach_time_zone = coach.zone_at(start).key
        booking.video_url = coach.video_url
    lifecycle.moved(booking, before, by)


def _check_own_reschedule(coach: Coach, time: TimeRange, at: datetime, booking: Booking) -> None:
    """Check a coach's move. Raises Invalid for an impossible time, SlotTaken on a full day."""
    if time.start <= at:
        raise Invalid("/session_datetime", "must lie in the future")
    if time.start > at + MAX_AHEAD:
        raise Invalid("/session_datetime", f"is too far: a session lies at most {MAX_AHEAD.days} days ahead")
    if time.start < min(booking.start, at + TIME_TO_HEAR):
        hours = TIME_TO_HEAR // timedelta(hours=1)
        why = "so that the client learns of it in time"
        raise Invalid(
            "/session_datetime", f"must be later than now by {hours} hours, or than the time it has: {why}"
        )
    if slots.is_full_day(coach, time.start, at, apart_from=booking.id):
        most = (
            f"You take {counted(coach.max_per_day or 0, 'session')} a day at most, and this day has as many."
        )
        raise _taken(coach, time, at, booking.id, most)


@contextmanager
def _no_overlap(
    coach: Coach, time: TimeRange, at: datetime, apart_from: UUID | None = None, by: Party = Party.CLIENT
) -> Iterator[None]:
    """Write in the block: the exclusion constraints may refuse it. Raises SlotTaken, ClientBusy."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        constraint = overlap_refused(error)
        if constraint is None:
            raise
        if constraint == NO_CLIENT_TWICE:
            who = "You have" if by is Party.CLIENT else "The client has"
            raise ClientBusy(f"{who} another session at this time.") from None
        raise _taken(coach, time, at, apart_from) from None


def _refusal(coach: Coach, time: TimeRange, at: datetime, apart_from: UUID | None = None) -> Problem:
    """Why the time is not available. The booking `apart_from`, which is being moved, does not count."""
    try:
        offers.check_window(coach, time.start, at)
    except Invalid as refusal:
        return refusal
    running = or_(
        Booking.status == Status.CONFIRMED,
        and_(Booking.status == Status.PENDING, Booking.hold_expires_at > at),
    )
    overlap = select(Booking.id).where(
        Booking.coach_id == coach.id, Booking.busy.overlaps(time.busy), running
    )
    in_the_way = db.session.scalar(overlap.where(Booking.id.is_distinct_from(apart_from)).limit(1))
    if in_the_way or slots.offered_by(coach, time.start, time.minutes):  # or a full day
        return _taken(coach, time, at, apart_from)
    return Invalid(
        "/session_datetime",
        f"must be one of {coach.name}'s starts: GET /coach/{coach.id}/slot lists them",
    )


def _taken(
    coach: Coach, time: TimeRange, at: datetime, apart_from: UUID | None, why: str = "This time is taken."
) -> lifecycle.SlotTaken:
    nearest = slots.nearest_free(coach, time.start, time.minutes, at, apart_from)
    return lifecycle.SlotTaken(
        f"{why} The nearest free starts are listed under nearest_free.",
        nearest_free=[instant_text(start) for start in nearest],
    )
