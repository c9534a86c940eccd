"""Time off: what it closes, and what it collides with."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from tests.people import Person, next_week
from tests.problems import pointers

DAY = timedelta(days=1)
SOON = next_week().date()


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    """Open around the clock."""
    return Person.registered(http, "coach", "UTC").open_for_business(slot_step_minutes=60)


def off(coach: Person, start: str, end: str, reason: str = "Holiday") -> httpx.Response:
    wish = {"local_start": start, "local_end": end, "reason": reason}
    return coach.post("/coach/me/time-off", json=wish)


def on(day: int, at: str) -> str:
    """A wall-clock time so many days after the day in a week."""
    return f"{SOON + day * DAY}T{at}"


def starts(coach: Person) -> list[str]:
    """The free starts of the day in a week, UTC."""
    query = {"from": f"{on(0, '00:00')}Z", "to": f"{on(1, '00:00')}Z", "duration_minutes": "60"}
    answer = coach.http.get(f"/coach/{coach.id}/slot", params=query)
    return [slot["start"][11:16] for slot in answer.json()["items"]]


def test_no_session_is_offered_that_reaches_into_time_off(coach: Person) -> None:
    answer = off(coach, on(0, "03:30"), on(0, "20:00"))

    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "local_start": on(0, "03:30"),
        "local_end": on(0, "20:00"),
        "reason": "Holiday",
        "collides_with": [],
    }
    assert starts(coach) == ["00:00", "01:00", "02:00", "20:00", "21:00", "22:00", "23:00"]


def test_time_off_is_listed_in_order_and_given_back(coach: Person) -> None:
    later = off(coach, on(5, "00:00"), on(6, "00:00")).json()
    sooner = off(coach, on(0, "00:00"), on(1, "00:00"), reason="").json()
    assert starts(coach) == []

    first = coach.get("/coach/me/time-off", params={"limit": 1}).json()
    second = coach.get("/coach/me/time-off", params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [item["id"] for item in first["items"] + second["items"]] == [sooner["id"], later["id"]]
    assert second["next_cursor"] is None
    assert coach.ask("DELETE", f"/coach/me/time-off/{sooner['id']}").status_code == 204
    assert coach.ask("DELETE", f"/coach/me/time-off/{sooner['id']}").status_code == 404
    assert len(starts(coach)) == 24


def test_what_is_booked_is_named_and_stays_booked(client: Person, coach: Person, http: httpx.Client) -> None:
    before = client.books(coach, next_week(8))
    within = client.books(coach, next_week(10))
    into = client.books(coach, next_week(13))

    collides = off(coach, on(0, "09:00"), on(0, "13:30")).json()["collides_with"]

    assert collides == [
        {"id": booking["id"], "session_datetime": booking["session_datetime"], "status": "pending"}
        for booking in (within, into)
    ]
    assert {client.booking(booking)["status"] for booking in (before, within, into)} == {"pending"}


def test_a_hold_that_ran_out_collides_with_nothing(app: Flask, client: Person, coach: Person) -> None:
    client.books(coach, next_week(10))
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()

    assert off(coach, on(0, "00:00"), on(1, "00:00")).json()["collides_with"] == []


def test_each_end_is_read_in_the_zone_of_its_date(coach: Person, client: Person) -> None:
    """Off from the evening before, in UTC, until a morning in Tokyo."""
    stay = {"first_date": str(SOON), "last_date": str(SOON), "time_zone": "Asia/Tokyo"}
    weekly = coach.get("/coach/me/availability").json()["weekly"]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly, "stays": [stay]})

    off(coach, on(-1, "12:00"), on(0, "12:00"))

    assert starts(coach)[0] == "03:00"


def test_an_end_at_midnight_is_the_end_of_the_day_before_where_the_coach_then_is(coach: Person) -> None:
    stay = {"first_date": str(SOON + DAY), "last_date": str(SOON + DAY), "time_zone": "Asia/Tokyo"}
    weekly = coach.get("/coach/me/availability").json()["weekly"]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly, "stays": [stay]})

    off(coach, on(0, "00:00"), on(1, "00:00"))

    assert starts(coach) == []


def test_time_off_that_a_journey_turns_round_closes_nothing(client: Person, coach: Person) -> None:
    """From 20:00 in Pago Pago until 01:00 of the next day in Kiritimati, which was long before."""
    stays = [
        {"first_date": str(SOON), "last_date": str(SOON), "time_zone": "Pacific/Pago_Pago"},
        {"first_date": str(SOON + DAY), "last_date": str(SOON + DAY), "time_zone": "Pacific/Kiritimati"},
    ]
    weekly = coach.get("/coach/me/availability").json()["weekly"]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly, "stays": stays})
    free = starts(coach)

    answer = off(coach, on(0, "20:00"), on(1, "01:00"))

    assert (answer.status_code, answer.json()["collides_with"]) == (201, [])
    assert starts(coach) == free


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("local_start", "2026-12-24T00:00Z", "/local_start"),
        ("local_start", "2026-12-24T00:00+01:00", "/local_start"),
        ("local_start", "2026-12-24", "/local_start"),
        ("local_start", "2026-12-24T00:00:30", "/local_start"),
        ("local_start", 1796133600, "/local_start"),
        ("local_start", "2026-02-30T00:00", "/local_start"),
        ("local_end", "9999-12-31T00:00", "/local_end"),
        ("local_end", on(0, "00:00"), "/local_end"),
        ("local_end", on(-1, "23:00"), "/local_end"),
        ("reason", "two\nlines", "/reason"),
        ("reason", "x" * 201, "/reason"),
        ("cause", "none", "/cause"),
    ],
)
def test_a_period_that_makes_no_sense_is_pointed_at(
    coach: Person, field: str, value: object, pointer: str
) -> None:
    wish: dict[str, Any] = {"local_start": on(0, "00:00"), "local_end": on(1, "00:00")}

    assert pointers(coach.post("/coach/me/time-off", json=wish | {field: value})) == [pointer]


def test_nobody_gives_back_another_ones_time_off(coach: Person, client: Person) -> None:
    period = off(coach, on(0, "00:00"), on(1, "00:00")).json()
    other = Person.registered(coach.http, "coach")

    assert other.ask("DELETE", f"/coach/me/time-off/{period['id']}").status_code == 404
    assert other.get("/coach/me/time-off").json()["items"] == []
    assert client.get("/coach/me/time-off").status_code == 403
    assert client.post("/coach/me/time-off", json={}).status_code == 403
