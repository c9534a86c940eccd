"""Free slots: one function lists them and decides whether a time can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.coaches import intervals, schedule
from app.coaches.calendar_query import CalendarQuery
from app.coaches.intervals import Interval
from app.coaches.models import Coach
from app.coaches.schedule import Opening, Rules

TICK = timedelta(microseconds=1)
"""The resolution of a timestamp: a range [t, t + this) contains t."""


@dataclass(frozen=True)
class Window:
    """The bookable range: after the coach's notice and before the horizon."""

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

    The booking `apart_from` does not count: it is the one being rescheduled.
    """
    window = Window.of(coach, at)
    since, until = max(since, window.opens), min(until, window.closes)
    if since >= until or coach.is_gone:
        return []
    query = CalendarQuery(
        coach_id=coach.id,
        home=coach.time_zone,
        since=since,
        until=until,
        at=at,
        count_starts=coach.max_per_day is not None,
        apart_from=apart_from,
    )
    rules, booked = query.answer()
    length = timedelta(minutes=duration_minutes)
    taken = _in_the_way(coach, length, booked.busy) + _full_days(coach, query, rules, booked.starts)
    offered = rules.openings(query.first, query.last)
    room = _room(rules.workable(offered), length, since, until)
    return schedule.starts(offered, _step(coach), intervals.difference(room, taken))[:most]


def _room(workable: list[Interval], length: timedelta, since: datetime, until: datetime) -> list[Interval]:
    """The starts in [since, until) at which a session of this length fits the hours."""
    return intervals.union(
        (max(opens, since), min(closes - length + TICK, until)) for opens, closes in workable
    )


def _in_the_way(coach: Coach, length: timedelta, busy: Sequence[Interval]) -> list[Interval]:
    """The starts at which a session would overlap another, buffers included."""
    before, after = (
        timedelta(minutes=coach.buffer_before_minutes),
        timedelta(minutes=coach.buffer_after_minutes),
    )
    return [(start - length - after + TICK, end + before) for start, end in busy]


def _full_days(
    coach: Coach, query: CalendarQuery, rules: Rules, booked: Sequence[datetime]
) -> list[Interval]:
    """The days (local days as instants) that have reached `max_per_day`."""
    most = coach.max_per_day
    if most is None or len(booked) < most:
        return []
    days = rules.clocks.days(query.first, query.last)
    return [day for day in days if sum(day[0] <= start < day[1] for start in booked) >= most]


def _step(coach: Coach) -> timedelta:
    return timedelta(minutes=coach.slot_step_minutes)


def is_free(
    coach: Coach, start: datetime, duration_minutes: int, at: datetime, apart_from: UUID | None = None
) -> bool:
    """Whether a session can begin then: true exactly for the starts that `free_starts` lists."""
    return start in free_starts(coach, duration_minutes, start, start + TICK, at, apart_from)


def offered_by(coach: Coach, start: datetime, duration_minutes: int) -> Opening | None:
    """The hours that offer this start, bookings, notice and horizon aside. Of two, the later."""
    query = CalendarQuery(coach.id, coach.time_zone, since=start, until=start + TICK, at=start)
    rules, _ = query.answer()
    known = rules.openings(query.first, query.last)
    room = _room(rules.workable(known), timedelta(minutes=duration_minutes), start, start + TICK)
    offering = [opening for opening in known if any(opening.starts(_step(coach), room))]
    return max(offering, key=lambda opening: opening.on, default=None)


def is_full_day(coach: Coach, start: datetime, at: datetime, apart_from: UUID | None = None) -> bool:
    """Whether the day of this start has reached `max_per_day`."""
    query = CalendarQuery(coach.id, coach.time_zone, start, start + TICK, at, True, apart_from)
    rules, booked = query.answer()
    days = _full_days(coach, query, rules, booked.starts)
    return any(begins <= start < ends for begins, ends in days)


def nearest_free(
    coach: Coach, start: datetime, duration_minutes: int, at: datetime, apart_from: UUID | None = None
) -> list[datetime]:
    """Up to three free starts nearest to the requested one, within a week of it, in order."""
    week = timedelta(days=7)
    found = free_starts(coach, duration_minutes, start - week, start + week, at, apart_from)
    return sorted(sorted(found, key=lambda free: abs(free - start))[:3])
