"""Free times once more, slow and obvious: every minute looked at by itself, and what the wall shows then.

Clocks are only ever asked what they show at a moment. The application computes the other way round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.bookings.status import Status
from tests.coaches.calendars import Booked, Calendar, Hours

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@lru_cache(200)
def around(on: date, zone: str) -> list[tuple[datetime, datetime]]:
    """Each minute of five days and what a clock on the wall shows then, the latest first."""
    last = datetime.combine(on, time(), UTC) + 3 * DAY
    minutes = (last - n * MINUTE for n in range(5 * 24 * 60))
    return [(at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for at in minutes]


@lru_cache(10_000)
def instant(local: datetime, zone: str) -> datetime:
    """The end of the last minute at which the wall shows less than this."""
    return next(at for at, shown in around(local.date(), zone) if shown < local) + MINUTE


def free_starts(
    calendar: Calendar, minutes: int, since: datetime, until: datetime, at: datetime
) -> list[datetime]:
    return sorted(set(_Model(calendar, since, until, at).free_starts(minutes)))


@dataclass
class _Model:
    calendar: Calendar
    since: datetime
    until: datetime
    at: datetime

    def free_starts(self, minutes: int) -> Iterator[datetime]:
        at_work = self.at_work()
        for start in self.starts():
            session = [start + minute * MINUTE for minute in range(minutes)]
            if (
                self.since <= start < self.until
                and self.at + self.calendar.notice * MINUTE <= start
                and start < self.at + self.calendar.horizon_days * DAY
                and all(minute in at_work for minute in session)
                and not any(self.in_the_way(booked, start, minutes) for booked in self.calendar.bookings)
                and not self.day_is_full(start)
            ):
                yield start

    def dates(self) -> list[date]:
        first, last = self.since.date() - 4 * DAY, self.until.date() + 4 * DAY
        return [first + n * DAY for n in range((last - first).days + 1)]

    def zone(self, on: date) -> str:
        stays = [zone for first, last, zone in self.calendar.stays if first <= on <= last]
        return stays[0] if stays else self.calendar.zone

    def day(self, on: date) -> tuple[datetime, datetime]:
        """From midnight until it ends here and the next has begun, wherever that is."""
        tomorrow = on + DAY
        ends = instant(datetime.combine(tomorrow, time()), self.zone(on))
        next_begins = instant(datetime.combine(tomorrow, time()), self.zone(tomorrow))
        return instant(datetime.combine(on, time()), self.zone(on)), max(ends, next_begins)

    def ranges(self) -> Iterator[tuple[datetime, datetime, str]]:
        """The hours of each date by the wall, and the zone in force on it."""
        for on in self.dates():
            begins, ends = self.day(on)
            if begins < ends:
                for start, end in self.hours(on):
                    last = on + DAY if end <= start else on
                    yield datetime.combine(on, start), datetime.combine(last, end), self.zone(on)

    def openings(self) -> Iterator[tuple[datetime, datetime]]:
        for start, end, zone in self.ranges():
            yield instant(start, zone), instant(end, zone)

    def hours(self, on: date) -> list[Hours]:
        if on in self.calendar.overrides:
            return list(self.calendar.overrides[on])
        return [hours for weekday, hours in self.calendar.weekly if weekday == on.isoweekday()]

    def starts(self) -> Iterator[datetime]:
        """The minutes at which the wall shows the opening, or a number of steps after it."""
        for start, end, zone in self.ranges():
            opens, closes = instant(start, zone), instant(end, zone)
            for at, shown in around(start.date(), zone):
                on_the_grid = (shown - start) % (self.calendar.step * MINUTE) == timedelta()
                if opens <= at < closes and start <= shown < end and on_the_grid:
                    yield at

    def at_work(self) -> set[datetime]:
        """Every minute at which the coach works."""
        work = {minute for opening in self.openings() for minute in _minutes(*opening)}
        for start, end in self.calendar.time_off:
            leaves = instant(start, self.zone(start.date()))
            returns = instant(end, self.zone((end - MINUTE).date()))
            work = {minute for minute in work if not leaves <= minute < returns}
        return work

    def alive(self, booked: Booked) -> bool:
        held = booked.held_until is not None and booked.held_until > self.at
        return booked.status is Status.CONFIRMED or (booked.status is Status.PENDING and held)

    def in_the_way(self, booked: Booked, start: datetime, minutes: int) -> bool:
        busy_from, busy_until = self.calendar.with_buffers(booked)
        new_from, new_until = self.calendar.with_buffers(Booked(start, minutes))
        return self.alive(booked) and busy_from < new_until and new_from < busy_until

    def day_is_full(self, start: datetime) -> bool:
        days = [day for day in map(self.day, self.dates()) if day[0] <= start < day[1]]
        return any(self.is_full(day) for day in days)

    def is_full(self, day: tuple[datetime, datetime]) -> bool:
        took_place = {Status.COMPLETED, Status.NO_SHOW}
        count = [
            booked
            for booked in self.calendar.bookings
            if day[0] <= booked.start < day[1] and (self.alive(booked) or booked.status in took_place)
        ]
        return self.calendar.max_per_day is not None and len(count) >= self.calendar.max_per_day


def _minutes(opens: datetime, closes: datetime) -> Iterator[datetime]:
    while opens < closes:
        yield opens
        opens += MINUTE
