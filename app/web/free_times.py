"""A month of a coach's free times in the visitor's zone, as the calendar of a page shows it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app import time_zones
from app.coaches import slots
from app.coaches.models import Coach

DAY = timedelta(days=1)
_PARTS_OF_DAY = ((12, "Morning"), (17, "Afternoon"), (24, "Evening"))


@dataclass(frozen=True)
class Day:
    on: date
    free: int
    """Times that can be booked."""


@dataclass(frozen=True)
class Time:
    start: datetime
    label: str
    """14:30, with the UTC offset if the clocks show it twice that day."""
    part: str
    """Morning, afternoon or evening."""


@dataclass(frozen=True)
class Month:
    """A month with its free days, and the times of the chosen day."""

    first: date
    zone: ZoneInfo
    weeks: Sequence[Sequence[Day | None]]
    """Weeks from Monday to Sunday; None for a day of another month."""
    previous: date | None
    following: date | None
    chosen: date | None
    times: Sequence[Time]

    @property
    def parts(self) -> list[tuple[str, list[Time]]]:
        """The times by morning, afternoon and evening."""
        return [(part, list(times)) for part, times in groupby(self.times, key=lambda time: time.part)]


def of_coach(
    coach: Coach, minutes: int, zone: ZoneInfo, wanted: date | None, day: date | None, at: datetime
) -> Month:
    """The wanted month, or the month of a day, or the first of two that has free times."""
    earliest, latest = _bounds(coach, zone, at)
    asked = day or wanted
    first = min(max(_first(asked), earliest), latest) if asked else earliest
    starts = _starts(coach, minutes, zone, first, at)
    if not starts and asked is None and first < latest:
        first = _next(first)
        starts = _starts(coach, minutes, zone, first, at)
    return _month(first, starts, zone, day, (earliest, latest))


def _starts(coach: Coach, minutes: int, zone: ZoneInfo, first: date, at: datetime) -> list[datetime]:
    since, until = time_zones.midnight(first, zone), time_zones.midnight(_next(first), zone)
    return [start.astimezone(zone) for start in slots.free_starts(coach, minutes, since, until, at)]


def _month(
    first: date, starts: Sequence[datetime], zone: ZoneInfo, day: date | None, bounds: tuple[date, date]
) -> Month:
    free = Counter(start.date() for start in starts)
    chosen = day if day and _first(day) == first else min(free, default=None)
    earliest, latest = bounds
    return Month(
        first=first,
        zone=zone,
        weeks=_weeks(first, free),
        previous=_first(first - DAY) if first > earliest else None,
        following=_next(first) if first < latest else None,
        chosen=chosen,
        times=_times([start for start in starts if start.date() == chosen]),
    )


def _weeks(first: date, free: Counter[date]) -> list[list[Day | None]]:
    monday = first - first.weekday() * DAY
    days = [monday + n * DAY for n in range(42)]
    shown = [Day(on, free[on]) if on.month == first.month else None for on in days]
    weeks = [shown[n : n + 7] for n in range(0, len(shown), 7)]
    return [week for week in weeks if any(week)]


def _times(starts: Sequence[datetime]) -> list[Time]:
    shown = Counter(f"{start:%H:%M}" for start in starts)
    return [Time(start, _label(start, shown), _part(start)) for start in starts]


def _label(start: datetime, shown: Counter[str]) -> str:
    label = f"{start:%H:%M}"
    return label if shown[label] == 1 else f"{label} (UTC{start.isoformat()[-6:]})"


def _part(start: datetime) -> str:
    return next(name for end, name in _PARTS_OF_DAY if start.hour < end)


def _bounds(coach: Coach, zone: ZoneInfo, at: datetime) -> tuple[date, date]:
    """The first days of the months in which the coach's first and last bookable times lie."""
    window = slots.Window.of(coach, at)
    last = max(window.opens, window.closes - slots.TICK)
    return _first(window.opens.astimezone(zone).date()), _first(last.astimezone(zone).date())


def _first(on: date) -> date:
    return on.replace(day=1)


def _next(first: date) -> date:
    return _first(first + 31 * DAY)
