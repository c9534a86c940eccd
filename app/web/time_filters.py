"""Times in templates: `{{ start | hour(zone) }}`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app import time_zones


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The day, hours and zone of a session."""
    return time_zones.span(start, end, zone)


def _hour(at: datetime, zone: ZoneInfo) -> str:
    """15:00, with the offset in an hour that occurs twice."""
    local = at.astimezone(zone)
    is_repeated = len(time_zones.moments(time_zones.local(at, zone), zone)) > 1
    return f"{local:%H:%M} (UTC{local.isoformat()[-6:]})" if is_repeated else f"{local:%H:%M}"


def _day_and_hour(at: datetime, zone: ZoneInfo) -> str:
    """Tue 1 Dec, 15:00"""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {_hour(at, zone)}"


FILTERS = {"span": _span, "hour": _hour, "day_and_hour": _day_and_hour, "day": time_zones.day}
