"""A coach's rules made instants, slow and obvious: every minute is looked at by itself.

Clocks are only ever asked what they show at a moment. The application computes the other way round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from tests.coaches.calendars import Calendar, Hours

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
Range = tuple[datetime, datetime, str]
"""The ends of some hours by the wall, and the zone whose wall it is."""


def shown(at: datetime, zone: str) -> datetime:
    """What the wall shows at a moment."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(300)
def _of_day(on: date, zone: str) -> list[tuple[datetime, datetime]]:
    last = datetime.combine(on + DAY, time(), UTC)
    return [(at, shown(at, zone)) for at in (last - n * MINUTE for n in range(1, 24 * 60 + 1))]


def around(on: date, zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Each minute of four days and what the wall shows then, the latest first."""
    for days in (2, 1, 0, -1):
        yield from _of_day(on + days * DAY, zone)


@lru_cache(10_000)
def instant(local: datetime, zone: str) -> datetime:
    """The end of the last minute at which the wall shows less than this."""
    return next(at for at, wall in around(local.date(), zone) if wall < local) + MINUTE


def near(at: datetime, days: int = 3) -> list[date]:
    """The dates that may matter to a moment, in order."""
    return [at.astimezone(UTC).date() + n * DAY for n in range(-days, days + 1)]


@dataclass(frozen=True)
class Weekly:
    """One session of a series: when, or where the clocks skip it, when they do."""

    at: datetime
    zone: str
    is_skipped: bool


class LocalHours:
    """What a coach's calendar says, bookings aside."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.day = cache(self._day)
        self.starts = cache(self._starts)
        self.at_work = cache(self._at_work)
        self.work_near = cache(self._work_near)

    def zone(self, on: date) -> str:
        stays = [zone for first, last, zone in self.calendar.stays if first <= on <= last]
        return stays[0] if stays else self.calendar.zone

    def zone_at(self, at: datetime) -> str:
        """That of the latest date that has begun where the coach is on it."""
        return self.zone(max(on for on in near(at) if self.day(on)[0] <= at))

    def _day(self, on: date) -> tuple[datetime, datetime]:
        """From midnight until it ends here and the next has begun, wherever that is."""
        tomorrow = on + DAY
        ends = instant(datetime.combine(tomorrow, time()), self.zone(on))
        next_begins = instant(datetime.combine(tomorrow, time()), self.zone(tomorrow))
        return instant(datetime.combine(on, time()), self.zone(on)), max(ends, next_begins)

    def days_of(self, at: datetime) -> list[tuple[datetime, datetime]]:
        """The days that a moment belongs to: two, where a journey makes them overlap."""
        return [day for day in map(self.day, near(at)) if day[0] <= at < day[1]]

    def ranges(self, on: date) -> Iterator[Range]:
        """The hours of a date; one that no minute falls into has none."""
        begins, ends = self.day(on)
        if begins < ends:
            for start, end in self._hours(on):
                last = on + DAY if end <= start else on
                yield datetime.combine(on, start), datetime.combine(last, end), self.zone(on)

    def _hours(self, on: date) -> list[Hours]:
        if on in self.calendar.overrides:
            return list(self.calendar.overrides[on])
        return [hours for weekday, hours in self.calendar.weekly if weekday == on.isoweekday()]

    def openings(self, on: date) -> list[tuple[datetime, datetime]]:
        return [(instant(start, zone), instant(end, zone)) for start, end, zone in self.ranges(on)]

    def _starts(self, on: date) -> list[datetime]:
        """The minutes at which the wall shows the opening, or a number of steps after it."""
        found = []
        for start, end, zone in self.ranges(on):
            opens, closes = instant(start, zone), instant(end, zone)
            step = self.calendar.step * MINUTE
            for at, wall in around(start.date(), zone):
                if opens <= at < closes and start <= wall < end and (wall - start) % step == timedelta():
                    found.append(at)
        return sorted(found)

    def away(self) -> list[tuple[datetime, datetime]]:
        """Time off, each end by the wall of the date that it belongs to."""
        return [
            (instant(start, self.zone(start.date())), instant(end, self.zone((end - MINUTE).date())))
            for start, end in self.calendar.time_off
        ]

    def _at_work(self, on: date) -> frozenset[datetime]:
        """Every minute of a date's hours at which the coach works."""
        work = {minute for opening in self.openings(on) for minute in _minutes(*opening)}
        return frozenset(work.difference(*(_minutes(*each) for each in self.away())))

    def _work_near(self, on: date) -> frozenset[datetime]:
        return frozenset().union(*(self.at_work(on + n * DAY) for n in range(-3, 4)))

    def works_through(self, start: datetime, minutes: int) -> bool:
        work = self.work_near(start.astimezone(UTC).date())
        return all(start + n * MINUTE in work for n in range(minutes))

    def holds(self, start: datetime, minutes: int) -> bool:
        """Whether a session lies within the hours, time off aside."""
        spans = [opening for on in near(start) for opening in self.openings(on)]
        moments = (start + n * MINUTE for n in range(minutes))
        return all(any(opens <= at < closes for opens, closes in spans) for at in moments)

    def offered_on(self, start: datetime, minutes: int) -> date | None:
        """The date whose hours offer a session, the later of two."""
        dates = [on for on in near(start) if start in self.starts(on)]
        return max(dates, default=None) if dates and self.works_through(start, minutes) else None

    def weekly(self, start: datetime, minutes: int, sessions: int) -> list[Weekly]:
        """The same hour by the wall that the coach lives by on each date; the later, where it comes twice."""
        zone, on = self.zone_at(start), self.offered_on(start, minutes)
        if on is not None:
            zone = self.zone(on)
        local = shown(start, zone)
        first = Weekly(start, zone, is_skipped=False)
        date_of = on or local.date()
        return [first] + [self._again(date_of + n * WEEK, local + n * WEEK) for n in range(1, sessions)]

    def _again(self, on: date, local: datetime) -> Weekly:
        zone = self.zone(on)
        found = next((at for at, wall in around(local.date(), zone) if wall == local), None)
        return Weekly(found or instant(local, zone), zone, is_skipped=found is None)


def _minutes(opens: datetime, closes: datetime) -> Iterator[datetime]:
    while opens < closes:
        yield opens
        opens += MINUTE
