"""Free times once more, slow and obvious: the application computes the other way round."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from app.bookings.status import Status
from tests.coaches.calendars import Booked, Calendar
from tests.coaches.local_hours import DAY, MINUTE, LocalHours


def free_starts(
    calendar: Calendar, minutes: int, since: datetime, until: datetime, at: datetime
) -> list[datetime]:
    return sorted(set(_Model(calendar, LocalHours(calendar), since, until, at).free_starts(minutes)))


@dataclass
class _Model:
    calendar: Calendar
    hours: LocalHours
    since: datetime
    until: datetime
    at: datetime

    def free_starts(self, minutes: int) -> Iterator[datetime]:
        at_work = {minute for on in self.dates() for minute in self.hours.at_work(on)}
        for start in (start for on in self.dates() for start in self.hours.starts(on)):
            session = [start + minute * MINUTE for minute in range(minutes)]
            if (
                self.since <= start < self.until
                and self.at + self.calendar.notice * MINUTE <= start
                and start < self.at + self.calendar.horizon_days * DAY
                and all(minute in at_work for minute in session)
                and not any(self.in_the_way(booked, start, minutes) for booked in self.calendar.bookings)
                and not any(self.is_full(day) for day in self.hours.days_of(start))
            ):
                yield start

    def dates(self) -> list[date]:
        first, last = self.since.date() - 4 * DAY, self.until.date() + 4 * DAY
        return [first + n * DAY for n in range((last - first).days + 1)]

    def alive(self, booked: Booked) -> bool:
        held = booked.held_until is not None and booked.held_until > self.at
        return booked.status is Status.CONFIRMED or (booked.status is Status.PENDING and held)

    def in_the_way(self, booked: Booked, start: datetime, minutes: int) -> bool:
        busy_from, busy_until = self.calendar.with_buffers(booked)
        new_from, new_until = self.calendar.with_buffers(Booked(start, minutes))
        return self.alive(booked) and busy_from < new_until and new_from < busy_until

    def is_full(self, day: tuple[datetime, datetime]) -> bool:
        took_place = {Status.COMPLETED, Status.NO_SHOW}
        count = [
            booked
            for booked in self.calendar.bookings
            if day[0] <= booked.start < day[1] and (self.alive(booked) or booked.status in took_place)
        ]
        return self.calendar.max_per_day is not None and len(count) >= self.calendar.max_per_day
