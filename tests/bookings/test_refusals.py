"""What a booking is refused for, and who may see one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.accounts.models import Account, Role
from app.bookings.models import BookingTransition
from app.extensions import db
from tests.people import WEEKDAYS, Person, next_week
from tests.problems import pointers, refused


def let_holds_run_out() -> None:
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()


def moves(booking: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    """The audit rows: before, after and reason."""
    wanted = select(BookingTransition).where(BookingTransition.booking_id == UUID(booking["id"]))
    found = db.session.scalars(wanted.order_by(BookingTransition.created_at))
    return [(move.before, move.after, move.reason) for move in found]


def test_a_client_holds_three_times_at_most(client: Person, coach: Person) -> None:
    for hour in (8, 10, 12):
        client.books(coach, next_week(hour))

    refused(client.wish(coach, next_week(14)), 409, "too-many-holds")


def test_a_hold_that_ran_out_counts_no_longer(app: Flask, client: Person, coach: Person) -> None:
    for hour in (8, 10, 12):
        client.books(coach, next_week(hour))
    let_holds_run_out()

    client.books(coach, next_week(14))


def test_nobody_is_in_two_sessions_at_once(client: Person, coach: Person) -> None:
    other = Person.registered(client.http, "coach").open_for_business()
    client.books(coach, next_week(10))

    refused(client.wish(other, next_week(10) + timedelta(minutes=30)), 409, "client-busy")
    client.books(other, next_week(11))


def test_a_hold_that_ran_out_is_expired_by_the_next_booking_and_this_is_on_record(
    app: Flask, client: Person, coach: Person
) -> None:
    stale = client.books(coach, next_week(10))
    let_holds_run_out()
    rival = Person.registered(client.http, "client")

    rival.books(coach, next_week(10))

    assert client.booking(stale)["status"] == "expired"
    assert client.booking(stale)["hold_expires_at"] is None
    assert moves(stale) == [(None, "pending", "requested"), ("pending", "expired", "not paid in time")]


def test_the_audit_row_names_who_asked_under_which_request(app: Flask, client: Person, coach: Person) -> None:
    wish = {"coach_id": coach.id, "session_datetime": next_week().isoformat(), "duration_minutes": 60}

    answer = client.post("/booking", json=wish, headers={"X-Request-ID": "asking-for-tuesday"})

    move = db.session.scalars(select(BookingTransition)).one()
    assert (move.actor, move.request_id) == (f"account:{client.id}", answer.headers["X-Request-ID"])


def test_a_running_hold_is_left_alone(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(10))
    rival = Person.registered(client.http, "client")

    refused(rival.wish(coach, next_week(10)), 409, "slot-taken")

    assert client.booking(booking)["status"] == "pending"


def test_a_time_outside_the_hours_is_pointed_at(client: Person, coach: Person) -> None:
    hours = [{"weekday": day, "start_time": "09:00", "end_time": "12:00"} for day in WEEKDAYS]
    coach.ask("PATCH", "/coach/me", json={"time_zone": "UTC"})
    coach.ask("PUT", "/coach/me/availability", json={"weekly": hours})

    for hour, minutes in ((8, 30), (11, 30), (12, 0), (20, 0)):
        answer = client.wish(coach, next_week(hour) + timedelta(minutes=minutes))
        assert pointers(answer) == ["/session_datetime"]
        assert "slot" in answer.json()["detail"]


def test_a_hold_that_ran_out_is_no_reason_against_a_time_outside_the_hours(
    client: Person, coach: Person
) -> None:
    """Nobody keeps the time: a later try would be refused too, and the start is what is wrong."""
    Person.registered(client.http, "client").books(coach, next_week(10))
    let_holds_run_out()

    assert pointers(client.wish(coach, next_week(10) + timedelta(minutes=5))) == ["/session_datetime"]


def test_a_time_between_the_steps_is_pointed_at(client: Person, coach: Person) -> None:
    assert pointers(client.wish(coach, next_week(10) + timedelta(minutes=5))) == ["/session_datetime"]
    assert pointers(client.wish(coach, next_week(10) + timedelta(seconds=1))) == ["/session_datetime"]


def test_a_time_within_the_notice_is_pointed_at(client: Person, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"minimum_notice_minutes": 24 * 60})
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)

    answer = client.wish(coach, soon)

    assert pointers(answer) == ["/session_datetime"]
    assert "1440 minutes ahead" in answer.json()["detail"]


@pytest.mark.parametrize("days", [1, 365, 20_000], ids=["a day", "a year", "half a century"])
def test_a_time_beyond_the_horizon_is_pointed_at(client: Person, coach: Person, days: int) -> None:
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 7})

    answer = client.wish(coach, next_week() + timedelta(days=days))

    assert pointers(answer) == ["/session_datetime"]
    assert "7 days ahead" in answer.json()["detail"]


@pytest.mark.parametrize("days", [0, 30, 9000])
def test_the_past_cannot_be_booked(client: Person, coach: Person, days: int) -> None:
    hour_ago = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)

    assert pointers(client.wish(coach, hour_ago - timedelta(days=days))) == ["/session_datetime"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("session_datetime", "2026-12-01T14:00:00"),
        ("session_datetime", "2026-12-01"),
        ("session_datetime", 1796133600),
        ("session_datetime", "1796133600"),
        ("session_datetime", "9999-12-31T23:59:59-14:00"),
        ("session_datetime", "0001-01-01T00:00:00+14:00"),
        ("duration_minutes", 45),
        ("duration_minutes", 0),
        ("duration_minutes", -60),
        ("duration_minutes", 10**30),
        ("coach_id", "somebody"),
        ("notes", "x" * 2001),
        ("notes", "a bell \a"),
        ("price", 1),
    ],
)
def test_a_value_that_cannot_be_used_is_pointed_at(
    client: Person, coach: Person, field: str, value: object
) -> None:
    wish = {"coach_id": coach.id, "session_datetime": next_week().isoformat(), "duration_minutes": 60}

    assert pointers(client.post("/booking", json=wish | {field: value})) == [f"/{field}"]


def test_there_is_no_booking_a_coach_who_is_none(client: Person) -> None:
    nameless = Person.registered(client.http, "coach")  # has set no price yet

    for somebody in (client.id, nameless.id, str(uuid4())):
        wish = {"coach_id": somebody, "session_datetime": next_week().isoformat(), "duration_minutes": 60}
        refused(client.post("/booking", json=wish), 404, "not-found")


def test_only_clients_book(client: Person, coach: Person) -> None:
    other = Person.registered(client.http, "coach").open_for_business()

    refused(coach.wish(other, next_week()), 403, "forbidden")
    assert client.http.post("/booking", json={}).status_code == 401


def test_a_booking_is_seen_by_its_two_people_and_by_admins_only(
    app: Flask, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    admin = Person.registered(client.http, "client")
    db.session.get_one(Account, UUID(admin.id)).role = Role.ADMIN
    db.session.commit()

    for path in (f"/booking/{booking['id']}", f"/booking/{booking['id']}/calendar.ics"):
        for somebody in (client, coach, admin):
            assert somebody.get(path).status_code == 200
        for role in ("client", "coach"):
            refused(Person.registered(client.http, role).get(path), 404, "not-found")
        assert client.http.get(path).status_code == 401


def test_the_price_is_the_one_of_the_moment_of_booking(client: Person, coach: Person) -> None:
    booking = client.books(coach, minutes=90)

    coach.ask("PATCH", "/coach/me", json={"hourly_rate": 500, "currency": "USD"})

    assert (booking["amount"], booking["currency"]) == (112.5, "EUR")
    assert client.booking(booking) == booking
