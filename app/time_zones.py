"""Conversion between wall-clock times and instants: the only place that does it, with one set of rules.

The rules are those of the pinned `tzdata` package. Those of the machine or of PostgreSQL may be years older
or newer, and a mail would name another hour than the free times. SQL only stores and compares instants.
"""

import logging
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, reset_tzpath

reset_tzpath(to=())
ZoneInfo.clear_cache()  # zones already loaded from the machine's files

log = logging.getLogger(__name__)

_NO_PLACES = {"Factory", "localtime", "posixrules"}
"""Names that stand for a machine's setting, not for a place."""
NAMES = frozenset((files("tzdata") / "zones").read_text().split()) - _NO_PLACES
"""All zones, including abbreviations that are zone names, such as CET."""
_SECOND = timedelta(seconds=1)


def is_known(name: str) -> bool:
    return name in NAMES


@cache
def zone(name: str) -> ZoneInfo:
    """The rules of a zone; UTC for a stored name that tzdata no longer has."""
    if is_known(name):
        return ZoneInfo(name)
    log.error("tzdata has no zone %r; times in it are shown in UTC", name)
    return ZoneInfo("UTC")


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """The local time at an instant, naive."""
    return at.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=20_000)
def instant(local_time: datetime, zone: ZoneInfo) -> datetime:
    """The instant from which on the clocks show this time or later for good, in UTC.

    Of a local time that occurs twice it is the second, unless clocks go back to this very time: no earlier
    time follows the first then. Of a skipped local time it is the instant of the clock change.
    """
    first, second = _both(local_time, zone)
    if first > second:
        return _change_between(second, first, zone)
    goes_back_to_it = offset(second - _SECOND, zone) > offset(second, zone)
    return first if goes_back_to_it else second


def moments(local_time: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the clocks show this time, in UTC: one, two in a repeated hour, or none."""
    return [at for at in sorted(set(_both(local_time, zone))) if local(at, zone) == local_time]


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The instant at which a date begins, in UTC."""
    return instant(datetime.combine(on, time()), zone)


def start_of(bound: date, zone: ZoneInfo) -> datetime:
    """The start of a search range: an instant, or the midnight that begins a plain date in the zone."""
    return bound if isinstance(bound, datetime) else midnight(bound, zone)


def end_of(bound: date, zone: ZoneInfo) -> datetime:
    """The end of a search range: an instant, or the midnight that ends a plain date in the zone."""
    return bound if isinstance(bound, datetime) else midnight(bound + timedelta(days=1), zone)


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None, "a ZoneInfo knows the offset of each moment"
    return found


def _both(local_time: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants by the offsets before and after a clock change (PEP 495); equal if there is none."""
    first, second = (local_time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the clock change in a span that holds one."""
    seconds = range((late - early) // _SECOND)
    before = offset(early, zone)
    return early + _SECOND * bisect_right(seconds, before, key=lambda n: offset(early + _SECOND * n, zone))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Tuesday 1 December 2026, 15:00 (Europe/Paris, UTC+01:00)"""
    shown = at.astimezone(zone)
    return f"{day(shown)}, {shown:%H:%M} ({zone.key}, {_utc_offset(shown)})"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, str]:
    """A session's day, hours and zone, with both offsets if the clocks change during it."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.utcoffset() == last.utcoffset():
        hours, where = f"{first:%H:%M} to {last:%H:%M}", f"{zone.key}, {_utc_offset(first)}"
    else:
        hours = f"{first:%H:%M} ({_utc_offset(first)}) to {last:%H:%M} ({_utc_offset(last)})"
        where = zone.key
    return {"day": day(first), "hours": hours, "zone": where}


def line(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Tuesday 1 December 2026, 15:00 (Europe/Paris); with offsets and end around a clock change."""
    shown = span(start, end, zone)
    if len(moments(local(start, zone), zone)) > 1 or offset(start, zone) != offset(end, zone):
        return f"{shown['day']}, {shown['hours']} ({shown['zone']})"
    return f"{shown['day']}, {start.astimezone(zone):%H:%M} ({zone.key})"


def day(on: date) -> str:
    """Tuesday 1 December 2026"""
    return f"{on:%A} {on.day} {on:%B %Y}"


def _utc_offset(shown: datetime) -> str:
    return f"UTC{shown.isoformat()[-6:]}"
