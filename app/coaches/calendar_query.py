"""Reads a coach's calendar in one SQL statement: availability rules and bookings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.coaches.clocks import Clocks
from app.coaches.intervals import Interval
from app.coaches.schedule import Hours, Rules
from app.extensions import db

DAYS_AROUND = timedelta(days=2)
"""How many days a local date that decides about an instant may differ from the instant's UTC date.

One day for the UTC offset; one because hours may run past midnight and the next date ends a day.
"""

# An expired hold no longer blocks its time: the booking transaction expires it before the insert.
# A completed session still counts for its day. The condition on holds is written so that the planner does
# not scan the index of all running holds: it estimates that there are almost none.
_ROWS = text("""
SELECT weekly.*, override.*, stay.*, off.*, taken.*, booked.* FROM (
  SELECT array_agg(weekday) AS weekdays, array_agg(start_time) AS opens, array_agg(end_time) AS closes
  FROM weekly_hours WHERE coach_id = :coach_id
) AS weekly, (
  SELECT jsonb_object_agg(local_date, hours) AS overrides FROM date_override
  WHERE coach_id = :coach_id AND local_date BETWEEN :first AND :last
) AS override, (
  SELECT array_agg(lower(dates)) AS first_dates, array_agg(upper(dates)) AS dates_after,
         array_agg(time_zone) AS zones
  FROM stay WHERE coach_id = :coach_id
) AS stay, (
  SELECT array_agg(local_start) AS leaves, array_agg(local_end) AS returns FROM time_off
  WHERE coach_id = :coach_id AND local_start <= :last AND local_end >= :first
) AS off, (
  SELECT array_agg(lower(busy)) AS busy_from, array_agg(upper(busy)) AS busy_until FROM booking
  WHERE coach_id = :coach_id
    AND busy && tstzrange(:since ::timestamptz - interval '1 day', :until ::timestamptz + interval '1 day')
    AND status IN ('confirmed', 'pending') AND (status <> 'pending' OR hold_expires_at > :at)
    AND id IS DISTINCT FROM :apart_from ::uuid
) AS taken, (
  SELECT array_agg(lower(period)) AS starts FROM booking
  WHERE :count_starts AND coach_id = :coach_id
    AND lower(period) >= :since ::timestamptz - interval '4 days'
    AND lower(period) < :until ::timestamptz + interval '4 days'
    AND status NOT IN ('cancelled', 'expired') AND (status <> 'pending' OR hold_expires_at > :at)
    AND id IS DISTINCT FROM :apart_from ::uuid
) AS booked
""")


@dataclass(frozen=True)
class Booked:
    """Time ranges that a coach's bookings occupy."""

    busy: Sequence[Interval]
    """Each range with its buffers."""
    starts: Sequence[datetime]
    """Starts of all sessions that count towards `max_per_day`; empty unless requested."""


@dataclass(frozen=True)
class CalendarQuery:
    """Parameters of the query: a coach's calendar around [since, until) as of `at`."""

    coach_id: UUID
    home: str
    """The coach's own time zone."""
    since: datetime
    until: datetime
    at: datetime
    count_starts: bool = False
    """Whether to count the sessions of each day."""
    apart_from: UUID | None = None
    """A booking to leave out (the one that is being rescheduled)."""

    @property
    def first(self) -> date:
        """The first local date whose rules affect the span."""
        return self.since.astimezone(UTC).date() - DAYS_AROUND

    @property
    def last(self) -> date:
        return self.until.astimezone(UTC).date() + DAYS_AROUND

    def answer(self) -> tuple[Rules, Booked]:
        """The rules of the dates from first to last, and the occupied time."""
        row = db.session.execute(_ROWS, vars(self) | {"first": self.first, "last": self.last}).one()
        return _rules(self.home, row), Booked(_pairs(row.busy_from, row.busy_until), row.starts or ())


def _rules(home: str, row: Row[Any]) -> Rules:
    weekly: dict[int, list[Hours]] = {}
    for weekday, opens, closes in zip(row.weekdays or (), row.opens or (), row.closes or (), strict=True):
        weekly.setdefault(weekday, []).append((opens, closes))
    stays = zip(row.first_dates or (), row.dates_after or (), row.zones or (), strict=True)
    return Rules(
        clocks=Clocks(home, tuple(stays)),
        weekly=weekly,
        overrides={date.fromisoformat(on): _hours(hours) for on, hours in (row.overrides or {}).items()},
        time_off=_pairs(row.leaves, row.returns),
    )


def _hours(stored: Sequence[Mapping[str, str]]) -> list[Hours]:
    return [(time.fromisoformat(each["start_time"]), time.fromisoformat(each["end_time"])) for each in stored]


def _pairs(
    firsts: Sequence[datetime] | None, seconds: Sequence[datetime] | None
) -> list[tuple[datetime, datetime]]:
    return list(zip(firsts or (), seconds or (), strict=True))
