"""The starts that a coach's rules allow, bookings aside: wall-clock rules converted to instants. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app import time_zones
from app.coaches import intervals
from app.coaches.clocks import DAY, Clocks
from app.coaches.intervals import Interval

Hours = tuple[time, time]
"""A wall-clock range of one date. It runs past midnight if it ends at or before its start."""


@dataclass(frozen=True)
class Opening:
    """Hours of one date as instants."""

    on: date
    local_start: datetime
    local_end: datetime
    zone: ZoneInfo
    span: Interval

    @classmethod
    def of(cls, on: date, hours: Hours, zone: ZoneInfo) -> "Opening":
        start, end = hours
        local_start = datetime.combine(on, start)
        local_end = datetime.combine(on + DAY if end <= start else on, end)
        span = time_zones.instant(local_start, zone), time_zones.instant(local_end, zone)
        return cls(on, local_start, local_end, zone, span)

    def starts(self, step: timedelta, allowed: list[Interval]) -> Iterator[datetime]:
        """Starts on the wall-clock grid, the same on every date: start, start + step, …

        On a day with a clock change, a skipped local time is left out, and one that occurs twice gives two
        starts.
        """
        room = intervals.overlap(allowed, self.span)
        if not room:
            return iter(())
        shift = time_zones.offset(self.span[0], self.zone)
        if shift == time_zones.offset(self.span[1], self.zone):  # no clock change: the usual case, and faster
            return _even(self.local_start.replace(tzinfo=UTC) - shift, step, room)
        return intervals.within(sorted(self._uneven(step)), room)

    def _uneven(self, step: timedelta) -> Iterator[datetime]:
        number = -((self.local_start - self.local_end) // step)
        for local in (self.local_start + n * step for n in range(number)):
            yield from time_zones.moments(local, self.zone)


def _even(first: datetime, step: timedelta, room: list[Interval]) -> Iterator[datetime]:
    """The grid first, first + step, … up to the end."""
    for since, until in room:
        start = first + max(0, -((first - since) // step)) * step
        while start < until:
            yield start
            start += step


@dataclass(frozen=True)
class Rules:
    """A coach's availability rules."""

    clocks: Clocks
    weekly: Mapping[int, Sequence[Hours]]
    """By ISO weekday."""
    overrides: Mapping[date, Sequence[Hours]]
    time_off: Sequence[tuple[datetime, datetime]] = ()
    """Wall-clock times."""

    def openings(self, first: date, last: date) -> list[Opening]:
        """The hours of each of these dates. A date that its zone skips has none.

        A date in a zone that tzdata no longer has is left out as well: its local times have no instant.
        """
        dates = (first + n * DAY for n in range((last - first).days + 1))
        return [opening for on in dates for opening in self._openings_of(on)]

    def _openings_of(self, on: date) -> Iterator[Opening]:
        hours = self.overrides.get(on, self.weekly.get(on.isoweekday(), ()))
        if hours and time_zones.is_known(self.clocks.name_on(on)):
            begins, ends = self.clocks.day(on)
            if begins < ends:
                yield from (Opening.of(on, each, self.clocks.zone_on(on)) for each in hours)

    def hours(self, first: date, last: date) -> list[Interval]:
        """The coach's working time on these dates, time off aside."""
        return intervals.union(opening.span for opening in self.openings(first, last))

    def workable(self, openings: Sequence[Opening]) -> list[Interval]:
        """When a session may take place. It may run into adjoining hours, and so into the next day."""
        hours = intervals.union(opening.span for opening in openings)
        return intervals.difference(hours, (self.clocks.away(*each) for each in self.time_off))


def starts(openings: Sequence[Opening], step: timedelta, allowed: list[Interval]) -> list[datetime]:
    """The allowed starts on the grids of these hours, in order, without duplicates.

    Each grid begins with its own hours, so the starts do not depend on the requested range.
    """
    found = sorted(start for opening in openings for start in opening.starts(step, allowed))
    return [start for start, _ in groupby(found)]
