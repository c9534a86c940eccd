"""What coaches' calendars say, bookings aside: local hours in whole minutes since the story began."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.coaches.calendars import Calendar
from tests.coaches.local_hours import DAY, MINUTE, LocalHours, shown

FAR = 2 * 24 * 60
"""How far the next start is looked for, in minutes."""


class Calendars:
    def __init__(self, begins: datetime, calendars: Sequence[Calendar]) -> None:
        self.begins = begins
        self.hours = [LocalHours(calendar) for calendar in calendars]

    def moment(self, minute: int) -> datetime:
        return self.begins + minute * MINUTE

    def minute(self, moment: datetime) -> int:
        return (moment - self.begins) // MINUTE

    def starts(self, coach: int, since: int, until: int) -> list[int]:
        """All that the hours have in [since, until), free or not, in order."""
        first, last = (self.moment(each).date() for each in (since - FAR, until + FAR))
        dates = [first + n * DAY for n in range((last - first).days + 1)]
        found = {self.minute(start) for on in dates for start in self.hours[coach].starts(on)}
        return sorted(start for start in found if since <= start < until)

    def next_start(self, coach: int, minute: int) -> int:
        return next(iter(self.starts(coach, minute, minute + FAR)), minute)

    def offers(self, coach: int, start: int, minutes: int) -> bool:
        return self.hours[coach].offered_on(self.moment(start), minutes) is not None

    def holds(self, coach: int, start: int, minutes: int) -> bool:
        return self.hours[coach].holds(self.moment(start), minutes)

    def days_of(self, coach: int, start: int) -> list[tuple[int, int]]:
        """The coach's days to which a start belongs."""
        days = self.hours[coach].days_of(self.moment(start))
        return [(self.minute(begins), self.minute(ends)) for begins, ends in days]

    def zone_at(self, coach: int, minute: int) -> str:
        return self.hours[coach].zone_at(self.moment(minute))

    def wall(self, coach: int, minute: int) -> datetime:
        """What the clocks show that the coach lives by then."""
        return shown(self.moment(minute), self.zone_at(coach, minute))

    def change(self, coach: int, **fields: Any) -> None:
        self.hours[coach] = LocalHours(replace(self.hours[coach].calendar, **fields))

    def take_off(self, coach: int, start: datetime, end: datetime) -> tuple[int, int]:
        """Local times become time off; from when to when."""
        self.change(coach, time_off=[*self.hours[coach].calendar.time_off, (start, end)])
        leaves, returns = self.hours[coach].away()[-1]
        return self.minute(leaves), self.minute(returns)


def session_text(start: datetime, minutes: int, zone: str) -> str:
    """Tuesday 1 December 2026 15:00 to 16:00 (Europe/Paris, UTC+01:00), as a mail says it."""
    walls = [(shown(at, zone), _offset(at, zone)) for at in (start, start + minutes * MINUTE)]
    (first, offset), (last, offset_then) = walls
    day = f"{first:%A} {first.day} {first:%B %Y}"
    if offset == offset_then:
        return f"{day} {first:%H:%M} to {last:%H:%M} ({zone}, {offset})"
    return f"{day} {first:%H:%M} ({offset}) to {last:%H:%M} ({offset_then}) ({zone})"


def _offset(at: datetime, zone: str) -> str:
    ahead = shown(at, zone) - at.replace(tzinfo=None)
    sign, hours = ("-", -ahead) if ahead < timedelta() else ("+", ahead)
    return f"UTC{sign}{hours // timedelta(hours=1):02}:{hours % timedelta(hours=1) // MINUTE:02}"
