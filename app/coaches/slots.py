"""Free times: one query, used both to list them and to decide whether a time can be booked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.coaches.models import Coach
from app.coaches.openings import OFFERED
from app.extensions import db

DAYS_AROUND = timedelta(days=2)
"""How far from its UTC date the local dates may lie whose rules decide about a moment.

One day is for the offset; one because hours may run on past midnight, and because the next date ends a day.
"""

# A hold that has run out no longer takes its time; the booking transaction expires it before it inserts.
# A session that took place is still one of its day. What is said of holds is no alternative that the planner
# could look up by itself: it would read everybody's running holds, as it expects next to none.
_FREE_STARTS = text(f"""
WITH {OFFERED}, taken AS MATERIALIZED (
  SELECT coalesce(range_agg(busy), '{{}}'::tstzmultirange) AS busy FROM booking
  WHERE coach_id = :coach_id
    AND busy && tstzrange(:since ::timestamptz - interval '1 day', :until ::timestamptz + interval '1 day')
    AND status IN ('confirmed', 'pending') AND (status <> 'pending' OR hold_expires_at > :now)
    AND id IS DISTINCT FROM :apart_from ::uuid
), booked AS MATERIALIZED (
  SELECT lower(period) AS start FROM booking
  WHERE :max_per_day ::int IS NOT NULL AND coach_id = :coach_id
    AND lower(period) >= :first ::timestamp AT TIME ZONE 'UTC' - interval '1 day'
    AND lower(period) < :last ::timestamp AT TIME ZONE 'UTC' + interval '1 day'
    AND status NOT IN ('cancelled', 'expired') AND (status <> 'pending' OR hold_expires_at > :now)
    AND id IS DISTINCT FROM :apart_from ::uuid
), full_days AS MATERIALIZED (
  SELECT coalesce(range_agg(tstzrange(begins, ends)), '{{}}'::tstzmultirange) AS spans FROM day
  WHERE begins < ends
    AND (SELECT count(*) FROM booked WHERE start >= begins AND start < ends) >= :max_per_day ::int
)
SELECT start FROM offered, taken, full_days
WHERE NOT taken.busy && tstzrange(start - :before ::interval, start + :length ::interval + :after ::interval)
  AND NOT full_days.spans @> start
ORDER BY start LIMIT :most
""")  # noqa: S608 - ours

_IS_OFFERED = text(f"WITH {OFFERED} SELECT EXISTS (SELECT FROM offered)")  # noqa: S608 - ours


@dataclass(frozen=True)
class Window:
    """The times that a coach lets people book at all: after the notice, before the horizon."""

    opens: datetime
    closes: datetime

    @classmethod
    def of(cls, coach: Coach, at: datetime) -> "Window":
        return cls(
            at + timedelta(minutes=coach.minimum_notice_minutes), at + timedelta(days=coach.horizon_days)
        )


def free_starts(
    coach: Coach,
    duration_minutes: int,
    since: datetime,
    until: datetime,
    at: datetime,
    apart_from: UUID | None = None,
    most: int = 20_000,
) -> list[datetime]:
    """The starts in [since, until) at which a session of this length can be booked, as of `at`, in order.

    The booking `apart_from` takes no time: it is the one that moves.
    """
    window = Window.of(coach, at)
    since, until = max(since, window.opens), min(until, window.closes)
    if since >= until or coach.is_gone:
        return []
    limits = {
        "now": at,
        "before": timedelta(minutes=coach.buffer_before_minutes),
        "after": timedelta(minutes=coach.buffer_after_minutes),
        "max_per_day": coach.max_per_day,
        "apart_from": apart_from,
        "most": most,
    }
    return list(db.session.scalars(_FREE_STARTS, _rules(coach, duration_minutes, since, until) | limits))


def _rules(coach: Coach, duration_minutes: int, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "coach_id": coach.id,
        "zone": coach.time_zone,
        "since": since,
        "until": until,
        "first": since.astimezone(UTC).date() - DAYS_AROUND,
        "last": until.astimezone(UTC).date() + DAYS_AROUND,
        "length": timedelta(minutes=duration_minutes),
        "step": timedelta(minutes=coach.slot_step_minutes),
    }


def is_free(
    coach: Coach, start: datetime, duration_minutes: int, at: datetime, apart_from: UUID | None = None
) -> bool:
    """Whether a session can begin then; what is listed, and nothing else."""
    return start in free_starts(coach, duration_minutes, start, _just_after(start), at, apart_from)


def is_offered(coach: Coach, start: datetime, duration_minutes: int) -> bool:
    """Whether a session could begin then if there were no bookings, notice or horizon."""
    rules = _rules(coach, duration_minutes, start, _just_after(start))
    return bool(db.session.scalar(_IS_OFFERED, rules))


def _just_after(start: datetime) -> datetime:
    return start + timedelta(microseconds=1)


def nearest_free(
    coach: Coach, start: datetime, duration_minutes: int, at: datetime, apart_from: UUID | None = None
) -> list[datetime]:
    """Up to three free starts nearest to a wish, within a week of it, in order."""
    week = timedelta(days=7)
    found = free_starts(coach, duration_minutes, start - week, start + week, at, apart_from)
    return sorted(sorted(found, key=lambda free: abs(free - start))[:3])
