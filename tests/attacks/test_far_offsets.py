"""RFC 3339 lets an offset be 23:59, and PostgreSQL reads none of 16 hours or more in a range."""

from datetime import datetime, timedelta, timezone

import httpx
import pytest

from tests.people import Person, next_week

FAR = [timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))]


def at(offset: timezone, hour: int = 10) -> datetime:
    """A start of next week as the clocks of nobody show it."""
    return next_week(hour).astimezone(offset)


@pytest.mark.parametrize("offset", FAR)
def test_a_moment_by_any_offset_is_the_same_moment(client: Person, coach: Person, offset: timezone) -> None:
    booked = client.wish(coach, at(offset))
    again = client.wish(coach, at(offset))
    moved = client.post(f"/booking/{booked.json()['id']}/cancel", json={})

    assert booked.status_code == 201, booked.text
    assert booked.json()["session_datetime"] == f"{next_week(10):%Y-%m-%dT%H:%M:%SZ}"
    assert (again.status_code, moved.status_code) == (409, 200)
    assert client.wish_series(coach, at(offset), sessions=2).status_code == 201


@pytest.mark.parametrize("offset", FAR)
def test_so_are_both_ends_of_a_search(
    client: Person, coach: Person, http: httpx.Client, offset: timezone
) -> None:
    period = {"from": at(offset).isoformat(), "to": at(offset, 12).isoformat()}

    slots = http.get(f"/coach/{coach.id}/slot", params=period | {"duration_minutes": 60})

    assert [each["start"][11:16] for each in slots.json()["items"]] == ["10:00", "10:30", "11:00", "11:30"]
    assert client.get("/booking", params=period).status_code == 200
