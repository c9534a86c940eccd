"""The same hour week by week, on the clock that the coach lives by on each date."""

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
    """The date whose hours it belongs to: after midnight, the one before."""
    local: datetime
    """What the clocks of that date show, naive."""
    zone: ZoneInfo

    @property
    def is_skipped(self) -> bool:
        """Whether the clocks go forward over this time and never show it."""
        return time_zones.local(self.at, self.zone) != self.local


def starts(coach: Coach, first: datetime, duration_minutes: int, sessions: int) -> list[WeeklyStart]:
    """So many starts from `first` on, a week apart by the wall: in the zone of a stay where one is.

    Of a time that comes twice it is the second, in standard time.
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
