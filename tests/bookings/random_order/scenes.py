"""Where and when a story is set: near a change of the clocks of its first coach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.coaches.calendars import Calendar, every_day
from tests.coaches.local_hours import DAY, MINUTE, WEEK, shown
from tests.coaches.strategies import EVERY_ZONE, ZONES, zones_and_nights
from tests.people import WEEKDAYS

HOUR = timedelta(hours=1)
Hours = tuple[tuple[str, str], ...]
ALWAYS: Hours = (("00:00", "00:00"),)
HOURS: list[Hours] = [ALWAYS, ALWAYS, (("22:00", "05:30"),), (("00:30", "05:00"), ("09:00", "17:00"))]
Stays = Sequence[tuple[int, int, str]]
"""Stays: days from the night in which the clocks change until the first, days that follow it, the zone."""
BEFORE = [3 * HOUR, 8 * HOUR, 30 * HOUR, WEEK + 5 * HOUR, 2 * WEEK + 20 * HOUR]
"""How long before the clocks change a story begins."""


@dataclass(frozen=True)
class Scene:
    begins: datetime
    changes_at: datetime
    """When the clocks of the first coach change, or a midnight of theirs where they do not."""
    coaches: tuple[Calendar, Calendar]
    clients: tuple[str, str, str]
    """The time zones of three clients."""

    @property
    def night(self) -> date:
        """The date on which the clocks of the first coach change."""
        return shown(self.changes_at, self.coaches[0].zone).date()

    @property
    def zones(self) -> list[str]:
        """Of all people, the clients first."""
        return [*self.clients, *(coach.zone for coach in self.coaches)]

    @classmethod
    def near(
        cls, change: datetime, before: timedelta, first: Calendar, second: Calendar, *clients: str
    ) -> "Scene":
        begins = (change - before).replace(minute=0)
        one, two, three = clients or ("Europe/London", first.zone, second.zone)
        return cls(begins, change, (first, second), (one, two, three))


def change_of(zone: str, night: date) -> datetime:
    """The minute around a night at which the clocks of a zone change, or midnight, UTC, where they do not."""
    midnight = datetime.combine(night, time(), UTC)
    minutes = [midnight - DAY + n * MINUTE for n in range(3 * 24 * 60)]
    jumps = (at for at in minutes if shown(at, zone) - shown(at - MINUTE, zone) != MINUTE)
    return next(jumps, midnight)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    zone, night = draw(zones_and_nights())
    change, zones = change_of(zone, night), st.sampled_from([zone, *ZONES]) | st.sampled_from(EVERY_ZONE)
    first, second = (
        Calendar(
            zone=home,
            weekly=every_day(*draw(st.sampled_from(HOURS))),
            stays=dated(draw(draw_stays()), night),
            step=draw(st.sampled_from([30, 30, 30, 45, 120])),
        )
        for home in (zone, draw(zones))
    )
    clients = [draw(zones) for _ in range(3)]
    return Scene.near(change, draw(st.sampled_from(BEFORE)), first, second, *clients)


@st.composite
def draw_stays(draw: st.DrawFn) -> Stays:
    """At most one around the night, and one in the weeks around it."""
    zones = st.sampled_from(ZONES) | st.sampled_from(EVERY_ZONE)
    near, far = st.integers(-3, 3), st.sampled_from([-8, -7, 7, 8, 14])
    found = [
        (draw(days), draw(st.integers(0, 3)), draw(zones)) for days in (near, far) if draw(st.booleans())
    ]
    overlap = len(found) == 2 and abs(found[0][0] - found[1][0]) <= 3
    return found[:1] if overlap else found


def dated(found: Stays, night: date) -> list[tuple[date, date, str]]:
    """As a coach sends them: first and last date, and the zone."""
    return [(night + first * DAY, night + (first + more) * DAY, zone) for first, more, zone in found]


def availability(calendar: Calendar) -> dict[str, list[dict[str, Any]]]:
    """What a coach sends who has this calendar."""
    return {"weekly": _weekly(calendar), "stays": _stays(calendar.stays)}


def _weekly(calendar: Calendar) -> list[dict[str, Any]]:
    return [
        {"weekday": WEEKDAYS[day - 1], "start_time": f"{start:%H:%M}", "end_time": f"{end:%H:%M}"}
        for day, (start, end) in calendar.weekly
    ]


def _stays(stays: Sequence[tuple[date, date, str]]) -> list[dict[str, Any]]:
    return [
        {"first_date": str(first), "last_date": str(last), "time_zone": zone} for first, last, zone in stays
    ]
