"""Free times: one query, used both to list them and to decide whether a time can be booked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from app.coaches.models import Coach
from app.extensions import db

# Wall-clock rules become instants date by date, end by end: `AT TIME ZONE` knows the offset of each. In the
# night when the clock springs forward a range may turn round or vanish, and tstzrange would raise for it.
# Starts are counted from the opening of their own hours on their own date, so that they are the same whatever
# span is asked for; a session may run on into the hours that follow, and so into the next day.
# A hold that has run out no longer takes its time; the booking transaction expires it before it inserts.
_FREE_STARTS = text("""
WITH day AS (
  SELECT date::date FROM generate_series(
    (:since ::timestamptz AT TIME ZONE :zone)::date - 1,
    (:until ::timestamptz AT TIME ZONE :zone)::date + 1, '1 day'
  ) AS date
), hours AS (
  SELECT (date + start_time) AT TIME ZONE :zone AS opens,
         (date + end_time + CASE WHEN end_time <= start_time THEN interval '1 day' ELSE interval '0' END)
           AT TIME ZONE :zone AS closes
  FROM day JOIN weekly_hours ON weekday = extract(isodow FROM date) WHERE coach_id = :coach_id
), workable AS (
  SELECT range_agg(tstzrange(opens, closes)) AS open FROM hours WHERE opens < closes
), taken AS (
  SELECT coalesce(range_agg(busy), '{}'::tstzmultirange) AS busy FROM booking
  WHERE coach_id = :coach_id
    AND busy && tstzrange(:since ::timestamptz - interval '1 day', :until ::timestamptz + interval '2 days')
    AND (status = 'confirmed' OR status = 'pending' AND hold_expires_at > :now)
)
SELECT DISTINCT start FROM hours, workable, taken,
  generate_series(opens, closes - interval '1 second', :step ::interval) AS start
WHERE opens < closes AND start >= :since AND start < :until
  AND workable.open @> tstzrange(start, start + :length ::interval)
  AND NOT taken.busy && tstzrange(start - :before ::interval, start + :length ::interval + :after ::interval)
ORDER BY start LIMIT :most
""")


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
    coach: Coach, duration_minutes: int, since: datetime, until: datetime, at: datetime, most: int = 20_000
) -> list[datetime]:
    """The starts in [since, until) at which a session of this length can be booked, as of `at`, in order."""
    window = Window.of(coach, at)
    since, until = max(since, window.opens), min(until, window.closes)
    if since >= until:
        return []
    return list(
        db.session.scalars(
            _FREE_STARTS,
            {
                "coach_id": coach.id,
                "zone": coach.time_zone,
                "since": since,
                "until": until,
                "now": at,
                "length": timedelta(minutes=duration_minutes),
                "step": timedelta(minutes=coach.slot_step_minutes),
                "before": timedelta(minutes=coach.buffer_before_minutes),
                "after": timedelta(minutes=coach.buffer_after_minutes),
                "most": most,
            },
        )
    )


def is_free(coach: Coach, start: datetime, duration_minutes: int, at: datetime) -> bool:
    return start in free_starts(coach, duration_minutes, start, start + timedelta(microseconds=1), at)


def nearest_free(coach: Coach, start: datetime, duration_minutes: int, at: datetime) -> list[datetime]:
    """Up to three free starts nearest to a wish, within a week of it, in order."""
    week = timedelta(days=7)
    found = free_starts(coach, duration_minutes, start - week, start + week, at)
    return sorted(sorted(found, key=lambda free: abs(free - start))[:3])
