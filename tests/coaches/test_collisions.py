"""A change of the calendar names the booked sessions that it strands, as time off does, and keeps them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.people import WEEKDAYS, Person, next_week

DAY = timedelta(days=1)
SOON = next_week().date()


@pytest.fixture
def coach(coach: Person) -> Person:
    """Her clock is UTC's, so that hours are easily read."""
    coach.ask("PATCH", "/coach/me", json={"time_zone": "UTC"})
    return coach


def put(coach: Person, *hours: tuple[str, str], **more: Any) -> list[str]:
    """The sessions named in the answer to these hours on every day."""
    weekly = [
        {"weekday": day, "start_time": start, "end_time": end} for day in WEEKDAYS for start, end in hours
    ]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly, **more})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["collides_with"]]


def test_hours_that_no_longer_hold_a_session_name_it_and_it_stays(client: Person, coach: Person) -> None:
    morning, noon = client.books(coach, next_week(9)), client.books(coach, next_week(12))

    weekly = [{"weekday": day, "start_time": "10:00", "end_time": "18:00"} for day in WEEKDAYS]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})

    assert answer.json()["collides_with"] == [
        {"id": morning["id"], "session_datetime": morning["session_datetime"], "status": "pending"}
    ]
    assert {client.booking(booking)["status"] for booking in (morning, noon)} == {"pending"}
    assert coach.get("/coach/me/availability").json() == answer.json()


def test_one_that_only_reaches_out_of_the_hours_is_named_too(client: Person, coach: Person) -> None:
    reaches_out = client.books(coach, next_week(12))

    assert put(coach, ("09:00", "12:30")) == [reaches_out["id"]]
    assert put(coach, ("09:00", "12:30"), ("12:30", "13:00")) == []


def test_a_date_with_other_hours_or_none_strands(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(12))
    other = {"date": str(SOON), "hours": [{"start_time": "14:00", "end_time": "16:00"}]}

    assert put(coach, ("00:00", "00:00"), overrides=[other]) == [booking["id"]]
    assert put(coach, ("00:00", "00:00"), overrides=[{"date": str(SOON), "hours": []}]) == [booking["id"]]
    assert put(coach, ("00:00", "00:00"), overrides=[]) == []


def test_a_stay_elsewhere_strands(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(12))  # 21:00 in Tokyo
    stay = {"first_date": str(SOON), "last_date": str(SOON), "time_zone": "Asia/Tokyo"}

    assert put(coach, ("09:00", "18:00"), stays=[stay]) == [booking["id"]]


def test_another_time_zone_of_the_coach_strands(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(12))
    put(coach, ("09:00", "18:00"))

    to_tokyo = coach.ask("PATCH", "/coach/me", json={"time_zone": "Asia/Tokyo"}).json()
    back = coach.ask("PATCH", "/coach/me", json={"time_zone": "UTC"}).json()

    assert [each["id"] for each in to_tokyo["collides_with"]] == [booking["id"]]
    assert back["collides_with"] == []


def test_what_is_called_off_run_out_or_over_is_not_named(client: Person, coach: Person) -> None:
    cancelled, run_out = client.books(coach, next_week(8)), client.books(coach, next_week(10))
    client.post(f"/booking/{cancelled['id']}/cancel", json={})
    late = text("UPDATE booking SET hold_expires_at = now() - interval '1 minute' WHERE id = :id")
    db.session.execute(late, {"id": run_out["id"]})
    db.session.commit()

    assert put(coach, ("20:00", "21:00")) == []


def test_time_off_strands_nothing_here_as_it_has_said_so_itself(client: Person, coach: Person) -> None:
    client.books(coach, next_week(12))
    off = {"local_start": f"{SOON}T00:00", "local_end": f"{SOON + DAY}T00:00"}
    assert len(coach.post("/coach/me/time-off", json=off).json()["collides_with"]) == 1

    assert put(coach, ("00:00", "00:00")) == []


def test_of_a_series_the_sessions_are_named_that_a_stay_strands(client: Person, coach: Person) -> None:
    series = client.books_series(coach, 3)
    second = SOON + 7 * DAY
    stay = {"first_date": str(second - DAY), "last_date": str(second + DAY), "time_zone": "Asia/Tokyo"}

    assert put(coach, ("09:00", "18:00"), stays=[stay]) == [series["items"][1]["id"]]
    assert put(coach, ("09:00", "18:00"), stays=[]) == []


def test_hours_past_midnight_hold_what_begins_after_it(client: Person, coach: Person) -> None:
    early, late = client.books(coach, next_week(1)), client.books(coach, next_week(3))

    assert put(coach, ("20:00", "02:00")) == [late["id"]]
    assert put(coach, ("20:00", "00:00")) == [early["id"], late["id"]]
    assert put(coach, ("20:00", "00:00"), ("00:00", "04:00")) == []


def test_a_session_that_is_under_way_is_named(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(12))
    begun = text(
        "UPDATE booking SET period = tstzrange(now() - interval '10 minutes', now() + interval '50 minutes'),"
        " busy = tstzrange(now() - interval '10 minutes', now() + interval '50 minutes') WHERE id = :id"
    )
    db.session.execute(begun, {"id": booking["id"]})
    db.session.commit()

    closed = {"overrides": [{"date": str(SOON - 7 * DAY + n * DAY), "hours": []} for n in (-1, 0, 1)]}
    assert put(coach, ("00:00", "00:00"), **closed) == [booking["id"]]
