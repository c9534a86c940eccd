"""The clocks that a coach lives by: those of home, and on the dates of a stay those of another zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app import time_zones
from app.coaches.intervals import Interval

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clocks:
    """Wall-clock times of a coach made instants, date by date, in the zone in force on the date."""

    home: str
    stays: Sequence[tuple[date, date, str]] = ()
    """First date, the date after the last, and the zone."""

    def name_on(self, on: date) -> str:
        return next((zone for first, after, zone in self.stays if first <= on < after), self.home)

    def zone_on(self, on: date) -> ZoneInfo:
        return time_zones.zone(self.name_on(on))

    def zone_at(self, at: datetime) -> ZoneInfo:
        """The zone in force at a moment: that of the latest date that has begun."""
        tomorrow = at.astimezone(UTC).date() + DAY
        return self.zone_on(next(on for n in range(5) if self.begins(on := tomorrow - n * DAY) <= at))

    def begins(self, on: date) -> datetime:
        """The first moment of a date."""
        return time_zones.midnight(on, self.zone_on(on))

    def start_of(self, bound: date) -> datetime:
        """From when a search looks that names a moment, or a plain date of these clocks."""
        return bound if isinstance(bound, datetime) else self.begins(bound)

    def end_of(self, bound: date) -> datetime:
        """Until when a search looks that names a moment, or a plain date of these clocks."""
        return bound if isinstance(bound, datetime) else self.day(bound)[1]

    def day(self, on: date) -> Interval:
        """A date lasts until the next begins, also when a journey west makes that later.

        It is empty when no instant falls into it, as 30 December 2011 was in Samoa.
        """
        ends_here = time_zones.midnight(on + DAY, self.zone_on(on))
        return self.begins(on), max(ends_here, self.begins(on + DAY))

    def days(self, first: date, last: date) -> list[Interval]:
        """Those of the dates from first to last that are not empty, in order."""
        days = (self.day(first + n * DAY) for n in range((last - first).days + 1))
        return [(begins, ends) for begins, ends in days if begins < ends]

    def away(self, local_start: datetime, local_end: datetime) -> Interval:
        """Time off, each end in the zone of its date; it may turn round on a journey, and is nothing then.

        A period that ends at midnight ends with the day before it: whoever is off to the end of the 26th and
        lives in another zone from the 27th on is off until the 26th ends where they are on the 26th.
        """
        last = (local_end - timedelta(minutes=1)).date()
        return (
            time_zones.instant(local_start, self.zone_on(local_start.date())),
            time_zones.instant(local_end, self.zone_on(last)),
        )
