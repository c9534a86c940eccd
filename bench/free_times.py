"""Sessions to be had from coaches without bookings, each another."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.people import Business, coach_id

HOURS = (9, 11, 13, 15)  # UTC: within the coaches' hours in summer and in winter
DAYS = range(7, 12)  # from today on: before their overrides and holidays
TIMES = len(HOURS) * len(DAYS)
"""Sessions of an hour that each coach has to give."""


def business(wishes: int) -> Business:
    """Large enough for so many wishes, each of another client."""
    return Business(0, coaches=wishes // TIMES + 10, clients=wishes)


def wish(number: int) -> dict[str, Any]:
    """What POST /booking takes."""
    coach, time_number = divmod(number, TIMES)
    day, hour = divmod(time_number, len(HOURS))
    at = datetime.now(UTC).replace(hour=HOURS[hour], minute=0, second=0, microsecond=0)
    at += timedelta(days=DAYS[day])
    return {"coach_id": str(coach_id(coach)), "session_datetime": at.isoformat(), "duration_minutes": 60}
