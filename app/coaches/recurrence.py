"""Weekly recurrence at the same local time, in the zone in force for the coach on each date."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app import time_zones
from app.coaches import slots
from app.coaches.models import Coach


@dataclass(frozen=True)
class WeeklyStart:
    """One start of a series."""

    at: datetime
    on: date
    """The date whose hours it belongs to: after midnight, the previous date."""
    local: datetime
    """The local time in the zone of that date, naive."""
    zone: ZoneInfo

    @property
    def is_skipped(self) -> bool:
        """Whether a clock change skips this local time."""
        return time_zones.local(self.at, self.zone) != self.local


def starts(coach: Coach, first: datetime, duration_minutes: int, sessions: int) -> list[WeeklyStart]:
    """`count` starts from `first` on, at the same local time each week, in the zone in force on each date.

    Of a local time that occurs twice it takes the second, in standard time.
    """
    begin = _first(coach, first, duration_minutes)
    return [begin, *(_later(coach, begin, timedelta(weeks=week)) for week in range(1, sessions))]


def _first(coach: Coach, at: datetime, duration_minutes: int) -> WeeklyStart:
    opening = slots.offered_by(coach, at, duration_minutes)
    zone = opening.zone if opening else coach.zone_at(at)
    local = time_zones.local(at, zone)
    return WeeklyStart(at, opening.on if opening else local.date(), local, zone)


def _later(coach: Coach, begin: WeeklyStart, weeks: timedelta) -> WeeklyStart:
    on, local = begin.on + weeks, begin.local + weeks
    zone = coach.clocks.zone_on(on)
    shown = time_zones.moments(local, zone)
    return WeeklyStart(shown[-1] if shown else time_zones.instant(local, zone), on, local, zone)
