"""A coach's hours, and the slots that the API offers of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.people import WEEKDAYS, Person, next_week

Span = tuple[datetime, datetime]
Hours = tuple[str, str]


def works(http: httpx.Client, *hours: Hours, zone: str = "UTC", **profile: Any) -> Person:
    """A coach with these hours on every day."""
    coach = Person.registered(http, "coach", zone).open_for_business(horizon_days=366, **profile)
    weekly = [
        {"weekday": day, "start_time": start, "end_time": end} for day in WEEKDAYS for start, end in hours
    ]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})
    assert answer.status_code == 200, answer.text
    return coach


def slots(coach: Person, span: Span, minutes: int = 60, **more: str) -> list[dict[str, Any]]:
    query = {"from": span[0].isoformat(), "to": span[1].isoformat(), "duration_minutes": minutes, **more}
    answer = coach.http.get(f"/coach/{coach.id}/slot", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def starts(coach: Person, span: Span, minutes: int = 60) -> list[str]:
    """The listed starts, UTC, as 09:30."""
    return [slot["start"][11:16] for slot in slots(coach, span, minutes)]


def day(zone: str = "UTC", on: date | None = None) -> Span:
    """A day from midnight to midnight on the wall; without a date, the one in a week."""
    midnight = datetime.combine(on or next_week().date(), time(), ZoneInfo(zone))
    return midnight, midnight + timedelta(days=1)


def next_change(zone: str, forward: bool) -> date:
    """The date on which this zone next puts its clocks forward or back."""
    today = datetime.now(UTC).date()
    days = (today + timedelta(days=ahead) for ahead in range(2, 366))
    return next(on for on in days if _length(zone, on) == timedelta(hours=23 if forward else 25))


def _length(zone: str, on: date) -> timedelta:
    midnight, next_midnight = day(zone, on)
    return next_midnight.astimezone(UTC) - midnight.astimezone(UTC)
