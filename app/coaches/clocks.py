"""The time zone in force for a coach on each date: the home zone, or the zone of a stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app import time_zones
from app.coaches.intervals import Interval

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clocks:
    """Converts a coach's wall-clock times to instants, in the zone in force on each date."""

    home: str
    stays: Sequence[tuple[date, date, str]] = ()
    """Each stay as (first date, date after the last, zone)."""

    def name_on(self, on: date) -> str:
        return next((zone for first, after, zone in self.stays if first <= on < after), self.home)

    def zone_on(self, on: date) -> ZoneInfo:
        return time_zones.zone(self.name_on(on))

    def zone_at(self, at: datetime) -> ZoneInfo:
        """The zone in force at an instant: the zone of the latest date that has begun."""
        tomorrow = at.astimezone(UTC).date() + DAY
        return self.zone_on(next(on for n in range(5) if self.begins(on := tomorrow - n * DAY) <= at))

    def begins(self, on: date) -> datetime:
        """The first instant of a date."""
        return time_zones.midnight(on, self.zone_on(on))

    def start_of(self, bound: date) -> datetime:
        """The start of a search range given as an instant, or as a local date."""
        return bound if isinstance(bound, datetime) else self.begins(bound)

    def end_of(self, bound: date) -> datetime:
        """The end of a search range given as an instant, or as a local date (its last instant)."""
        return bound if isinstance(bound, datetime) else self.day(bound)[1]

    def day(self, on: date) -> Interval:
        """A date lasts until the next one begins, also where a move to another zone makes it longer.

        It is empty when no instant falls on it, as on 30 December 2011 in Samoa.
        """
        ends_here = time_zones.midnight(on + DAY, self.zone_on(on))
        return self.begins(on), max(ends_here, self.begins(on + DAY))

    def days(self, first: date, last: date) -> list[Interval]:
        """The dates from first to last that are not empty, in order."""
        days = (self.day(first + n * DAY) for n in range((last - first).days + 1))
        return [(begins, ends) for begins, ends in days if begins < ends]

    def away(self, local_start: datetime, local_end: datetime) -> Interval:
        """Time off as instants, each end in the zone of its date. Empty if a zone change reverses the ends.

        A period that ends at midnight ends with the day before it. With a new zone from the 27th on, time off
        until the end of the 26th ends when the 26th ends in the old zone.
        """
        last = (local_end - timedelta(minutes=1)).date()
        return (
            time_zones.instant(local_start, self.zone_on(local_start.date())),
            time_zones.instant(local_end, self.zone_on(last)),
        )
