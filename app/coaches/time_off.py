"""A coach's time off: periods without sessions."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import func, select, tuple_

from app.coaches import collisions
from app.coaches.availability_schemas import Collision, TimeOffRequest, TimeOffSearch
from app.coaches.models import Coach, TimeOff, lock_own
from app.extensions import db, now
from app.http.pagination import position
from app.http.problems import NotFound, Problem

MAX_PERIODS = 500
"""The most periods of one coach: each slot query reads all of them."""


class TooManyPeriods(Problem):
    status, slug, title = 409, "too-many-periods", "Too many periods of time off"
    meaning = f"A coach has at most {MAX_PERIODS} periods of time off."
    remedy = "Remove periods that are over with `DELETE /coach/me/time-off/{id}`, or merge adjoining ones."


def take(coach: Coach, wish: TimeOffRequest) -> TimeOff:
    """Add time off. Sessions booked in it stay booked. Raises TooManyPeriods."""
    lock_own(coach)  # with the lock, every later booking sees this period
    count = db.session.scalar(select(func.count()).where(TimeOff.coach_id == coach.id)) or 0
    if count >= MAX_PERIODS:
        raise TooManyPeriods(f"You have {count} periods of time off, and that is the most.")
    period = TimeOff(
        id=uuid4(),
        coach_id=coach.id,
        local_start=wish.local_start,
        local_end=wish.local_end,
        reason=wish.reason,
    )
    db.session.add(period)
    db.session.flush()
    return period


def collides_with(coach: Coach, period: TimeOff) -> list[Collision]:
    """Pending and confirmed sessions that overlap a period, in order of start."""
    leaves, returns = coach.clocks.away(period.local_start, period.local_end)
    if leaves >= returns:
        return []
    return collisions.within(coach, leaves, returns, now())


def listed(coach: Coach, wish: TimeOffSearch) -> Sequence[TimeOff]:
    """Periods in order: one more than the page, to tell whether it is the last."""
    query = select(TimeOff).where(TimeOff.coach_id == coach.id)
    if wish.cursor:
        after = tuple_(*position(wish.cursor))
        query = query.where(tuple_(TimeOff.local_start, TimeOff.id) > after)
    return db.session.scalars(query.order_by(TimeOff.local_start, TimeOff.id).limit(wish.limit + 1)).all()


def give_back(coach: Coach, period_id: UUID) -> None:
    """Delete a period of time off. Raises NotFound."""
    period = db.session.get(TimeOff, period_id)
    if period is None or period.coach_id != coach.id:
        raise NotFound("There is no such time off.")
    db.session.delete(period)
