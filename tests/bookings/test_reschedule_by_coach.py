"""A coach who moves a session is bound by what is booked, and not by the own rules for those who book."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.bookings.paid_bookings import paid, soon
from tests.people import WEEKDAYS, Person, next_week
from tests.shop import Shop


def moves(person: Person, booking_id: str, at: Any) -> httpx.Response:
    return person.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": at.isoformat()})


@pytest.fixture
def booking_id(shop: Shop, client: Person, coach: Person) -> str:
    """A paid session of a coach who then sets narrow rules."""
    found = paid(shop, client, coach, next_week(10))
    weekly = [{"weekday": day, "start_time": "09:00", "end_time": "12:00"} for day in WEEKDAYS]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})
    rules = {"minimum_notice_minutes": 2880, "horizon_days": 10, "time_zone": "UTC"}
    assert coach.ask("PATCH", "/coach/me", json=rules).status_code == 200
    off = {"local_start": f"{next_week(0):%Y-%m-%dT%H:%M}", "local_end": f"{next_week(5):%Y-%m-%dT%H:%M}"}
    assert coach.post("/coach/me/time-off", json=off).status_code == 201
    return found


@pytest.mark.parametrize(
    "at",
    [
        soon(30),
        next_week(20),
        next_week(3),
        next_week(10) + timedelta(minutes=7),
        next_week(10) + timedelta(days=30),
    ],
    ids=["within the notice", "outside the hours", "in time off", "off the grid", "beyond the horizon"],
)
def test_the_coach_may_where_a_client_may_not(
    client: Person, coach: Person, booking_id: str, at: Any
) -> None:
    refused = moves(client, booking_id, at)
    moved = moves(coach, booking_id, at)

    assert refused.status_code in {409, 422}
    assert moved.status_code == 200, moved.text
    assert moved.json()["session_datetime"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"


def test_nobody_moves_a_session_onto_another_or_into_the_past(
    client: Person, coach: Person, booking_id: str, http: httpx.Client
) -> None:
    coach.ask("PATCH", "/coach/me", json={"minimum_notice_minutes": 0})
    Person.registered(http, "client").books(coach, next_week(11))

    taken = moves(coach, booking_id, next_week(11) + timedelta(minutes=30))
    past = moves(coach, booking_id, soon(-5))
    far = moves(coach, booking_id, next_week(10) + timedelta(days=36_500))

    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/slot-taken")
    assert (past.status_code, past.json()["errors"][0]["detail"]) == (
        422,
        "session_datetime must lie in the future.",
    )
    assert (far.status_code, far.json()["errors"][0]["detail"]) == (
        422,
        "session_datetime is too far: a session lies at most 366 days ahead.",
    )
    for answer in (taken, past, far):
        name = coach.get("/auth/me").json()["name"]
        assert name not in answer.text, "nobody is spoken of to the own face"


@pytest.mark.parametrize("hours", [1, 23])
def test_no_client_misses_a_session_by_an_earlier_time(
    client: Person, coach: Person, booking_id: str, hours: int
) -> None:
    """A coach could move it to this minute, say that it took place, and keep the money."""
    sudden = moves(coach, booking_id, soon(hours))

    assert sudden.status_code == 422
    assert sudden.json()["errors"][0]["pointer"] == "/session_datetime"
    assert "so that the client learns of it in time" in sudden.json()["detail"]
    assert (
        client.get(f"/booking/{booking_id}").json()["session_datetime"]
        == f"{next_week(10):%Y-%m-%dT%H:%M:%SZ}"
    )


def test_a_session_that_is_near_can_be_moved_to_later_at_short_notice(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, soon(3))

    assert moves(coach, booking_id, soon(2)).status_code == 422
    assert moves(coach, booking_id, soon(4)).status_code == 200


def test_the_own_daily_limit_is_told_in_the_second_person(
    client: Person, coach: Person, booking_id: str, http: httpx.Client
) -> None:
    tomorrow = next_week(10) + timedelta(days=1)
    Person.registered(http, "client").books(coach, tomorrow)
    coach.ask("PATCH", "/coach/me", json={"max_per_day": 1})

    answer = moves(coach, booking_id, tomorrow + timedelta(hours=3))

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/slot-taken")
    assert answer.json()["detail"].startswith("You take 1 session a day at most")
    assert moves(coach, booking_id, next_week(20)).status_code == 200, "its own day has only itself"


def test_each_is_told_of_the_client_s_other_session_in_the_right_person(
    client: Person, coach: Person, booking_id: str, http: httpx.Client
) -> None:
    other = Person.registered(http, "coach").open_for_business()
    client.books(other, next_week(11))

    by_coach, by_client = (
        moves(person, booking_id, next_week(11) - timedelta(minutes=30)) for person in (coach, client)
    )
    booked = client.wish(other, next_week(10))

    assert by_coach.json()["detail"] == "The client has another session at this time."
    assert by_client.json()["detail"] == "You have another session at this time."
    assert booked.json()["detail"] == "You have another session at this time."


def test_a_length_that_is_no_longer_offered_and_a_closed_date_bind_no_coach(
    client: Person, coach: Person, booking_id: str
) -> None:
    closed = next_week(20) + timedelta(days=2)
    weekly = coach.get("/coach/me/availability").json()["weekly"]
    off = {"weekly": weekly, "overrides": [{"date": f"{closed:%Y-%m-%d}", "hours": []}]}
    coach.ask("PUT", "/coach/me/availability", json=off)
    assert coach.ask("PATCH", "/coach/me", json={"durations": [30]}).status_code == 200

    assert moves(client, booking_id, closed).status_code == 422
    moved = moves(coach, booking_id, closed)

    assert (moved.status_code, moved.json()["duration_minutes"]) == (200, 60)
    assert moves(client, booking_id, next_week(10) + timedelta(days=1)).status_code == 200
