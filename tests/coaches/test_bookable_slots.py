"""What is listed can be booked, and what can be booked is listed: asked over HTTP, wish by wish."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.extensions import db
from tests.coaches.offered_slots import day, next_change, slots, works
from tests.people import Person, next_week

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    ("zone", "profile"),
    [
        ("Europe/Paris", {}),
        ("Asia/Kolkata", {"slot_step_minutes": 50, "buffer_before_minutes": 15}),
        ("Australia/Lord_Howe", {"slot_step_minutes": 240}),
    ],
)
def test_around_the_clock(client: Person, zone: str, profile: dict[str, Any]) -> None:
    """Sessions run past midnight."""
    coach = works(client.http, ("00:00", "00:00"), zone=zone, **profile)

    listed = _listed(coach, day(zone))

    assert len(listed) >= 6
    assert _booked(client, coach, day(zone), minutes=10) == listed


@pytest.mark.parametrize("forward", [True, False], ids=["spring", "autumn"])
def test_in_the_nights_in_which_clocks_change(client: Person, forward: bool) -> None:
    coach = works(client.http, ("01:30", "04:30"), ("23:00", "00:15"), zone="Europe/Paris")
    night = day("Europe/Paris", next_change("Europe/Paris", forward))

    assert _booked(client, coach, night, minutes=15) == _listed(coach, night) != set()


def test_on_days_with_everything_at_once(client: Person) -> None:
    """Other hours, a stay, time off, buffers, a daily limit, and sessions of others."""
    on = next_week().date()
    coach = works(client.http, ("06:00", "20:00"), zone="America/New_York", buffer_after_minutes=20)
    coach.ask("PATCH", "/coach/me", json={"max_per_day": 2, "minimum_notice_minutes": 60})
    coach.ask("PUT", "/coach/me/availability", json=_calendar(coach, on))
    away = {"local_start": f"{on}T11:00", "local_end": f"{on}T12:30"}
    assert coach.post("/coach/me/time-off", json=away).status_code == 201
    span = datetime.combine(on - DAY, datetime.min.time(), UTC), next_week(23) + 2 * DAY
    for start in sorted(_listed(coach, span))[2:40:6]:
        Person.registered(client.http, "client").wish(coach, datetime.fromisoformat(start))

    listed = _listed(coach, span)

    assert len(listed) >= 6
    assert _booked(client, coach, span, minutes=30) == listed


def _calendar(coach: Person, on: date) -> dict[str, Any]:
    hours = [{"start_time": "08:00", "end_time": "16:00"}, {"start_time": "22:00", "end_time": "01:00"}]
    stay = {"first_date": str(on + DAY), "last_date": str(on + DAY), "time_zone": "Europe/Lisbon"}
    return {
        "weekly": coach.get("/coach/me/availability").json()["weekly"],
        "overrides": [{"date": str(on), "hours": hours}, {"date": str(on - DAY), "hours": []}],
        "stays": [stay],
    }


def _listed(coach: Person, span: tuple[datetime, datetime]) -> set[str]:
    """Out of a list that begins before the span and ends after it."""
    begin, end = span
    around = slots(coach, (begin - 3 * DAY, end + 3 * DAY))
    return {slot["start"] for slot in around if begin <= datetime.fromisoformat(slot["start"]) < end}


def _booked(client: Person, coach: Person, span: tuple[datetime, datetime], minutes: int) -> set[str]:
    """The wishes that are granted, out of one every so many minutes."""
    first, end = (at.astimezone(UTC) for at in span)
    wishes = [
        first + n * timedelta(minutes=minutes) for n in range((end - first) // timedelta(minutes=minutes))
    ]
    return {f"{wish:%Y-%m-%dT%H:%M:%SZ}" for wish in wishes if _can_be_booked(client, coach, wish)}


def _can_be_booked(client: Person, coach: Person, at: datetime) -> bool:
    """Whether a wish is granted; the booking is undone at once."""
    savepoint = db.session.connection().begin_nested()
    answer = client.wish(coach, at)
    savepoint.rollback()
    assert answer.status_code in {201, 409, 422}, answer.text
    return answer.status_code == 201
