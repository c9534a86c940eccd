"""A coach's time off: periods without sessions."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select, text, tuple_

from app.coaches.availability_schemas import Collision, TimeOffRequest, TimeOffSearch
from app.coaches.models import Coach, TimeOff, lock_own
from app.coaches.openings import LEAVES, RETURNS
from app.extensions import db, now
from app.paging import position
from app.problems import NotFound

_COLLISIONS = text(f"""
WITH away AS (SELECT {LEAVES} AS leaves, {RETURNS} AS returns FROM time_off WHERE id = :id)
SELECT booking.id, lower(period) AS session_datetime, status FROM away, booking
WHERE leaves < returns AND coach_id = :coach_id
  AND busy && tstzrange(leaves, greatest(leaves, returns))
  AND period && tstzrange(leaves, greatest(leaves, returns))
  AND (status = 'confirmed' OR status = 'pending' AND hold_expires_at > :now)
ORDER BY period
""")  # noqa: S608 - ours


def take(coach: Coach, wish: TimeOffRequest) -> TimeOff:
    """Offer no session in a period any more. What is booked in it stays booked."""
    lock_own(coach)  # after it no booking is under way that has not seen this
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


def collisions(coach: Coach, period: TimeOff) -> list[Collision]:
    """The pending and confirmed sessions that lie within a period or reach into it, in order."""
    asked = {"id": period.id, "coach_id": coach.id, "zone": coach.time_zone, "now": now()}
    return [Collision.model_validate(row) for row in db.session.execute(_COLLISIONS, asked)]


def listed(coach: Coach, wish: TimeOffSearch) -> Sequence[TimeOff]:
    """In order: one more than the page, to know whether it is the last."""
    query = select(TimeOff).where(TimeOff.coach_id == coach.id)
    if wish.cursor:
        after = tuple_(*position(wish.cursor))
        query = query.where(tuple_(TimeOff.local_start, TimeOff.id) > after)
    return db.session.scalars(query.order_by(TimeOff.local_start, TimeOff.id).limit(wish.limit + 1)).all()


def give_back(coach: Coach, period_id: UUID) -> None:
    """Work in that period after all. Raises NotFound."""
    period = db.session.get(TimeOff, period_id)
    if period is None or period.coach_id != coach.id:
        raise NotFound("There is no such time off.")
    db.session.delete(period)
