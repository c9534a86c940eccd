"""The same hour week by week, held in one request."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.bookings.models import BookingSeries
from app.extensions import db
from tests.people import WEEKDAYS, Person, next_week

WEEK = timedelta(days=7)


def starts(series: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(booking["session_datetime"]) for booking in series["items"]]


def test_a_series_holds_the_same_hour_week_by_week(client: Person, coach: Person) -> None:
    series = client.wish_series(coach, next_week(), 4, notes="French").json()

    assert starts(series) == [next_week() + week * WEEK for week in range(4)]
    assert {booking["status"] for booking in series["items"]} == {"pending"}
    assert {booking["notes"] for booking in series["items"]} == {"French"}
    assert {booking["series_id"] for booking in series["items"]} == {series["id"]}
    assert (series["amount"], series["amount_minor"], series["left_out"]) == (300.0, 30000, [])


def test_client_and_coach_see_the_series_and_nobody_else(client: Person, coach: Person) -> None:
    series = client.books_series(coach)
    path = f"/booking/series/{series['id']}"

    assert client.get(path).json() == coach.get(path).json()
    assert client.get(path).json()["items"] == series["items"]
    assert Person.registered(client.http, "client").get(path).status_code == 404
    assert Person.registered(client.http, "coach").get(path).status_code == 404


def test_the_hour_stays_on_the_coach_s_clock_when_the_clocks_change(client: Person, coach: Person) -> None:
    """Paris leaves summer time on the last Sunday of October and returns on the last of March."""
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366})
    paris = ZoneInfo("Europe/Paris")
    first = next_week(10)

    series = client.wish_series(coach, first, 45).json()

    local = {start.astimezone(paris).time() for start in starts(series)}
    assert local == {first.astimezone(paris).time()}
    assert len({start.astimezone(UTC).time() for start in starts(series)}) == 2


def test_unless_asked_all_is_held_or_nothing_and_the_taken_times_are_named(
    client: Person, coach: Person
) -> None:
    Person.registered(client.http, "client").books(coach, next_week() + 2 * WEEK)

    answer = client.wish_series(coach, next_week(), 4)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/series-not-free")
    (taken,) = answer.json()["left_out"]
    assert datetime.fromisoformat(taken["session_datetime"]) == next_week() + 2 * WEEK
    assert taken["type"] == "/problems/slot-taken"
    assert len(taken["nearest_free"]) == 3
    assert client.get("/booking").json()["items"] == []
    assert db.session.query(BookingSeries).all() == []


def test_if_asked_those_that_are_free_are_held_and_the_rest_are_named(client: Person, coach: Person) -> None:
    Person.registered(client.http, "client").books(coach, next_week() + WEEK)

    answer = client.wish_series(coach, next_week(), 3, skip_taken=True)

    assert answer.status_code == 201
    assert starts(answer.json()) == [next_week(), next_week() + 2 * WEEK]
    assert [each["type"] for each in answer.json()["left_out"]] == ["/problems/slot-taken"]
    assert answer.json()["amount"] == 150.0


def test_weeks_in_which_the_coach_is_away_or_beyond_the_horizon_are_left_out(
    client: Person, coach: Person
) -> None:
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 25})
    away = (next_week() + WEEK).date().isoformat()
    answer = coach.post(
        "/coach/me/time-off", json={"local_start": f"{away}T00:00:00", "local_end": f"{away}T23:59:00"}
    )
    assert answer.status_code == 201, answer.text

    series = client.wish_series(coach, next_week(), 4, skip_taken=True).json()

    assert starts(series) == [next_week(), next_week() + 2 * WEEK]
    assert [each["type"] for each in series["left_out"]] == ["/problems/invalid"] * 2
    assert "25 days ahead" in series["left_out"][1]["detail"]


def test_a_week_in_which_the_client_sits_elsewhere_is_left_out(client: Person, coach: Person) -> None:
    other_coach = Person.registered(client.http, "coach").open_for_business()
    client.books(other_coach, next_week() + WEEK)

    series = client.wish_series(coach, next_week(), 2, skip_taken=True).json()

    assert [each["type"] for each in series["left_out"]] == ["/problems/client-busy"]


def test_a_series_of_which_no_time_is_free_is_refused(client: Person, coach: Person) -> None:
    Person.registered(client.http, "client").books_series(coach, 2)

    answer = client.wish_series(coach, next_week(), 2, skip_taken=True)

    assert (answer.status_code, len(answer.json()["left_out"])) == (409, 2)


def test_a_series_is_one_of_the_three_holds_of_a_client(client: Person, coach: Person) -> None:
    client.books_series(coach, 5)
    client.books(coach, next_week(14))
    client.books(coach, next_week(16))

    answer = client.wish_series(coach, next_week(18), 2)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-holds")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sessions": 1}, "/sessions"),
        ({"sessions": 53}, "/sessions"),
        ({"sessions": "many"}, "/sessions"),
        ({"skip_taken": "perhaps"}, "/skip_taken"),
        ({"duration_minutes": 17}, "/duration_minutes"),
        ({"weeks": 3}, "/weeks"),
    ],
)
def test_a_wish_that_cannot_be_is_named(
    client: Person, coach: Person, changes: dict[str, Any], pointer: str
) -> None:
    answer = client.wish_series(coach, next_week(), **changes)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_sum_that_stripe_would_not_charge_is_refused_before_anything_is_held(
    client: Person, coach: Person
) -> None:
    coach.ask("PATCH", "/coach/me", json={"hourly_rate": 500_000})

    answer = client.wish_series(coach, next_week(), 3)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sessions"
    assert client.get("/booking").json()["items"] == []


def test_a_coach_who_is_only_there_on_one_day_is_booked_on_that_day(client: Person, coach: Person) -> None:
    day = WEEKDAYS[next_week().weekday()]
    weekly = [{"weekday": day, "start_time": "06:00", "end_time": "20:00"}]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})

    assert client.wish_series(coach, next_week(), 3).status_code == 201


def test_the_same_request_under_one_key_makes_one_series(client: Person, coach: Person) -> None:
    wish = {
        "coach_id": coach.id,
        "session_datetime": next_week().isoformat(),
        "duration_minutes": 60,
        "sessions": 2,
    }
    first, again = (
        client.post("/booking/series", json=wish, headers={"Idempotency-Key": "a series"}) for _ in range(2)
    )

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
