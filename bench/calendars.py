"""Questions about a coach's time. Coach number 0 works round the clock, the others are counted from 1 on."""

from datetime import timedelta
from uuid import UUID

from app.accounts.models import Account
from app.bookings import reservation
from app.bookings.schemas import BookingRequest
from app.coaches import slots
from app.coaches.models import Coach
from app.extensions import db, now
from bench.people import client_id, coach_id
from bench.question import Ask, Question

MONTH = timedelta(days=30)
BEYOND_ALL_BOOKINGS = timedelta(days=8)


def questions() -> list[Question]:
    """Which times are free, and taking one of them."""
    return [
        Question("free times of 30 days", lambda n: _free_times(coach_id(1 + n))),
        Question("the same, open every 5 minutes", lambda _: _free_times(coach_id(0)), longest=None),
        Question("is one time free", _is_free),
        Question("a session held", _hold, longest=None),
    ]


def _free_times(of_coach: UUID) -> Ask:
    coach, at = db.session.get_one(Coach, of_coach), now()
    return lambda: len(slots.free_starts(coach, 60, at, at + MONTH, at))


def _is_free(n: int) -> Ask:
    coach, at = db.session.get_one(Coach, coach_id(1 + n)), now()
    start = slots.free_starts(coach, 60, at, at + MONTH, at, most=1)[0]
    return lambda: int(slots.is_free(coach, start, 60, at))


def _hold(n: int) -> Ask:
    """What a booking costs the database; it is rolled back."""
    coach, client, at = (
        db.session.get_one(Coach, coach_id(1 + n)),
        db.session.get_one(Account, client_id(n)),
        now(),
    )
    start = slots.free_starts(coach, 60, at + BEYOND_ALL_BOOKINGS, at + MONTH, at, most=1)[0]
    wish = BookingRequest(coach_id=coach.id, session_datetime=start, duration_minutes=60)
    return lambda: int(reservation.request(client, wish).coach is coach)
