"""What happens to a booking: requested, confirmed, expired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg.errors import ExclusionViolation
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Account
from app.bookings import calendar
from app.bookings.models import Booking, BookingMove
from app.bookings.schemas import BookingRequest
from app.bookings.status import Status
from app.coaches import slots
from app.coaches.models import Coach
from app.coaches.pricing import price
from app.emails import messages
from app.extensions import db, now
from app.fields import instant_text
from app.problems import Invalid, NotFound, Problem

HOLD_LASTS = timedelta(minutes=15)
MOST_HOLDS = 3


class SlotTaken(Problem):
    status, slug = 409, "slot-taken"


class ClientBusy(Problem):
    status, slug = 409, "client-busy"


class TooManyHolds(Problem):
    status, slug = 409, "too-many-holds"


def request(client: Account, wish: BookingRequest) -> Booking:
    """Hold a time with a coach for 15 minutes.

    Raises SlotTaken with the nearest free starts, ClientBusy, TooManyHolds, NotFound, and Invalid outside
    the coach's hours, notice or horizon.
    """
    coach, at = _in_line(wish.coach_id, client), now()
    amount = price(coach, wish.duration_minutes)
    period = Range(wish.session_datetime, wish.session_datetime + timedelta(minutes=wish.duration_minutes))
    busy = Range(
        wish.session_datetime - timedelta(minutes=coach.buffer_before_minutes),
        wish.session_datetime + timedelta(minutes=wish.duration_minutes + coach.buffer_after_minutes),
    )
    _expire_stale_holds(coach, client, busy, at)
    _check_holds(client)
    if not slots.is_free(coach, wish.session_datetime, wish.duration_minutes, at):
        raise _refusal(coach, wish, busy, at)
    booking = Booking(
        id=uuid4(),
        coach=coach,
        client=client,
        period=period,
        busy=busy,
        status=Status.PENDING,
        notes=wish.notes,
        amount_minor=amount.amount,
        currency=amount.currency,
        coach_time_zone=coach.time_zone,
        client_time_zone=client.time_zone,
        video_url=coach.video_url,
        hold_expires_at=at + HOLD_LASTS,
    )
    try:
        with db.session.begin_nested():
            db.session.add(booking)
    except IntegrityError as error:
        if not isinstance(error.orig, ExclusionViolation):
            raise
        if error.orig.diag.constraint_name == "no_client_twice":
            raise ClientBusy("You have another session at this time.") from None
        raise _taken(coach, wish, at) from None
    move = BookingMove.of(booking, Status.PENDING, "requested")
    move.before = None
    db.session.add(move)
    return booking


def _in_line(coach_id: UUID, client: Account) -> Coach:
    """The coach, with the coach's row and then the client's locked: the order that all bookings take."""
    coach = Coach.locked(coach_id)
    if coach is None or coach.hourly_rate is None:
        raise NotFound("There is no such coach.")
    db.session.execute(select(Account.id).where(Account.id == client.id).with_for_update(key_share=True))
    return coach


def _expire_stale_holds(coach: Coach, client: Account, busy: Range[datetime], at: datetime) -> None:
    """A hold that ran out frees its time here and now, and not only when the sweep comes by."""
    stale = db.session.scalars(
        select(Booking)
        .where(Booking.status == Status.PENDING, Booking.hold_expires_at <= at)
        .where(
            or_((Booking.coach_id == coach.id) & Booking.busy.overlaps(busy), Booking.client_id == client.id)
        )
        .with_for_update(of=Booking, skip_locked=True)
    )
    for booking in stale:
        expire(booking)
    db.session.flush()


def _check_holds(client: Account) -> None:
    holds = db.session.scalar(
        select(func.count()).where(Booking.client_id == client.id, Booking.status == Status.PENDING)
    )
    if (holds or 0) >= MOST_HOLDS:
        raise TooManyHolds(f"You hold {MOST_HOLDS} unpaid times already. Pay for one, or let it run out.")


def _refusal(coach: Coach, wish: BookingRequest, busy: Range[datetime], at: datetime) -> Problem:
    window = slots.Window.of(coach, at)
    if wish.session_datetime <= at:
        return Invalid("/session_datetime", "lies in the past")
    if wish.session_datetime < window.opens:
        return Invalid(
            "/session_datetime", f"{coach.name} wants to know {coach.minimum_notice_minutes} minutes ahead"
        )
    if wish.session_datetime >= window.closes:
        return Invalid("/session_datetime", f"{coach.name} takes bookings {coach.horizon_days} days ahead")
    alive = Booking.status.in_([Status.PENDING, Status.CONFIRMED])
    overlap = select(Booking.id).where(Booking.coach_id == coach.id, Booking.busy.overlaps(busy), alive)
    in_the_way = db.session.scalar(overlap.limit(1))
    if in_the_way or slots.is_offered(coach, wish.session_datetime, wish.duration_minutes):  # or a full day
        return _taken(coach, wish, at)
    return Invalid(
        "/session_datetime",
        f"is not one of {coach.name}'s starts; GET /coach/{coach.id}/slot lists them",
    )


def _taken(coach: Coach, wish: BookingRequest, at: datetime) -> SlotTaken:
    nearest = slots.nearest_free(coach, wish.session_datetime, wish.duration_minutes, at)
    return SlotTaken(
        "This time is taken. The nearest free starts are listed under nearest_free.",
        nearest_free=[instant_text(start) for start in nearest],
    )


def confirm(booking: Booking) -> None:
    """The money arrived: the time is theirs. Does nothing when repeated.

    Raises SlotTaken when the hold had run out and the time was sold to somebody else meanwhile.
    """
    if booking.status is Status.CONFIRMED:
        return
    try:
        with db.session.begin_nested():
            booking.move_to(Status.CONFIRMED, "paid")
    except IntegrityError as error:
        if not isinstance(error.orig, ExclusionViolation):
            raise
        raise SlotTaken("The hold had run out, and the time was sold meanwhile.") from None
    messages.booking_confirmed(booking, calendar.invitation(booking))


def expire(booking: Booking) -> None:
    """The hold ran out unpaid: the time is free again. Does nothing once it is no longer pending."""
    if booking.status is Status.PENDING:
        booking.move_to(Status.EXPIRED, "not paid in time")


def with_stale_holds(at: datetime, most: int) -> Sequence[UUID]:
    """Pending bookings whose hold ran out, oldest first."""
    query = select(Booking.id).where(Booking.status == Status.PENDING, Booking.hold_expires_at <= at)
    return db.session.scalars(query.order_by(Booking.hold_expires_at).limit(most)).all()


def seen_by(account: Account, booking_id: UUID) -> Booking:
    """A booking as its client, its coach or an admin may see it. Raises NotFound for everybody else."""
    booking = db.session.get(Booking, booking_id)
    if booking is None or not booking.concerns(account):
        raise NotFound("There is no such booking.")
    return booking
