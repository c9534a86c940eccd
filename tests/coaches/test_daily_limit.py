"""The most sessions that a coach takes on one day."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches import slots
from app.coaches.models import Coach
from app.extensions import db
from tests.coaches.calendars import Booked, Calendar, every_day, stored
from tests.people import Person, next_week

AT = datetime(2026, 6, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def limited(*bookings: Booked, **more: object) -> Coach:
    """One session a day, around the clock in UTC."""
    calendar = {"zone": "UTC", "weekly": every_day(("00:00", "00:00")), "max_per_day": 1} | more
    return stored(Calendar(**calendar, bookings=bookings))  # type: ignore[arg-type]


def free(coach: Coach, start: datetime) -> bool:
    return slots.is_free(coach, start, 60, AT)


def test_a_full_day_is_refused_and_free_starts_of_others_are_named(client: Person, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"max_per_day": 2, "time_zone": "UTC"})
    client.books(coach, next_week(8))
    client.books(coach, next_week(12))
    rival = Person.registered(client.http, "client")

    answer = rival.wish(coach, next_week(18))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/slot-taken"
    assert {start[:10] for start in answer.json()["nearest_free"]} == {
        str(next_week().date() + timedelta(days=1))
    }
    rival.books(coach, next_week(18) + timedelta(days=1))
    assert coach.ask("PATCH", "/coach/me", json={"max_per_day": None}).json()["max_per_day"] is None
    rival.books(coach, next_week(18))


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW])
def test_a_session_that_took_place_is_still_one_of_its_day(app: Flask, status: Status) -> None:
    coach = limited(Booked(NOON, 60, status))

    assert not free(coach, NOON + timedelta(hours=3))


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.EXPIRED])
def test_what_was_called_off_is_not(app: Flask, status: Status) -> None:
    assert free(limited(Booked(NOON, 60, status)), NOON)


def test_a_session_counts_on_the_day_on_which_it_begins(app: Flask) -> None:
    coach = limited(Booked(NOON.replace(hour=23, minute=30), 60))

    assert not free(coach, NOON)
    assert free(coach, NOON + timedelta(days=1))


def test_the_day_is_that_of_the_coachs_clock(app: Flask) -> None:
    coach = limited(Booked(NOON, 60), zone="Pacific/Auckland")  # midnight there

    assert free(coach, NOON - timedelta(hours=1))
    assert not free(coach, NOON + timedelta(hours=23))


def test_a_journey_west_makes_a_long_day_with_one_limit(app: Flask) -> None:
    stays = [(date(2026, 6, 10), date(2026, 6, 20), "America/New_York")]
    evening = datetime(2026, 6, 9, 12, tzinfo=UTC)  # 21:00 in Tokyo
    coach = limited(Booked(evening, 60), zone="Asia/Tokyo", stays=stays, weekly=every_day(("21:00", "20:00")))

    assert not free(coach, datetime(2026, 6, 9, 16, tzinfo=UTC))  # past midnight, and not yet in New York
    assert free(coach, datetime(2026, 6, 10, 4, tzinfo=UTC))  # 00:00 in New York


def test_the_booking_that_moves_takes_no_time_and_does_not_count(app: Flask) -> None:
    coach = limited(Booked(NOON, 60))
    moving = db.session.scalars(select(Booking).where(Booking.coach_id == coach.id)).one()

    assert not free(coach, NOON + timedelta(minutes=30))
    for start in (NOON, NOON + timedelta(minutes=30), NOON + timedelta(hours=5)):
        assert slots.is_free(coach, start, 60, AT, apart_from=moving.id)


def test_a_hold_counts_until_it_runs_out(app: Flask) -> None:
    running = limited(Booked(NOON, 60, Status.PENDING, AT + timedelta(minutes=1)))
    run_out = limited(Booked(NOON + timedelta(days=1), 60, Status.PENDING, AT))

    assert not free(running, NOON.replace(hour=18))
    assert free(run_out, NOON + timedelta(days=1))


@pytest.mark.parametrize("most", [0, 101, "many"])
def test_a_limit_that_makes_no_sense_is_pointed_at(http: httpx.Client, most: object) -> None:
    coach = Person.registered(http, "coach")

    answer = coach.ask("PATCH", "/coach/me", json={"max_per_day": most})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/max_per_day"]
    assert coach.get("/coach/me").json()["max_per_day"] is None
