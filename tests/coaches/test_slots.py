import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from flask import Flask
from sqlalchemy import text

from app.coaches.schemas import SlotList
from app.extensions import db
from tests.coaches.offered_slots import day, next_change, slots, starts, works
from tests.people import WEEKDAYS, Person, next_week


def test_starts_follow_the_step_and_the_session_ends_within_the_hours(http: httpx.Client) -> None:
    coach = works(http, ("09:00", "11:00"), slot_step_minutes=15)

    assert starts(coach, day()) == ["09:00", "09:15", "09:30", "09:45", "10:00"]


def test_a_slot_says_its_end_its_price_and_the_hour_on_the_wall(http: httpx.Client) -> None:
    coach = works(http, ("09:00", "10:30"), zone="America/New_York", hourly_rate=80, currency="USD")

    (slot,) = slots(coach, day("America/New_York"), 90)

    local = datetime.combine(next_week().date(), time(9), ZoneInfo("America/New_York"))
    assert slot["start"] == f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert slot["end"] == f"{local.astimezone(UTC) + timedelta(minutes=90):%Y-%m-%dT%H:%M:%SZ}"
    assert slot["local_start"] == local.isoformat()
    assert (slot["amount"], slot["amount_minor"], slot["currency"]) == (120.0, 12000, "USD")


@pytest.mark.parametrize(("currency", "rate"), [("EUR", 75.55), ("JPY", 7500), ("KWD", 25.55)])
@pytest.mark.parametrize("step", [5, 60], ids=["with more to come", "all"])
def test_the_answer_is_what_its_schema_would_write(
    http: httpx.Client, currency: str, rate: float, step: int
) -> None:
    coach = works(http, ("00:00", "00:00"), hourly_rate=rate, currency=currency, slot_step_minutes=step)
    begin, _ = day()
    query = {
        "from": begin.isoformat(),
        "to": (begin + timedelta(days=40)).isoformat(),
        "duration_minutes": 60,
    }

    answer = coach.http.get(f"/coach/{coach.id}/slot", params=query).json()

    assert (answer["next_from"] is not None) is (step == 5)
    assert json.dumps(SlotList.model_validate(answer).model_dump(mode="json")) == json.dumps(answer)


def test_the_local_start_is_told_in_the_zone_asked_for(http: httpx.Client) -> None:
    coach = works(http, ("09:00", "10:00"), zone="UTC")

    (slot,) = slots(coach, day(), time_zone="Asia/Tokyo")

    assert slot["start"].endswith("T09:00:00Z")
    assert slot["local_start"].endswith("T18:00:00+09:00")


def test_sessions_may_span_hours_that_touch_and_no_gap(http: httpx.Client) -> None:
    coach = works(http, ("09:00", "10:00"), ("10:00", "11:00"), ("11:30", "12:30"))

    assert starts(coach, day()) == ["09:00", "09:30", "10:00", "11:30"]


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(http: httpx.Client) -> None:
    coach = works(http)
    weekday = WEEKDAYS[next_week().weekday()]
    night = {"weekday": weekday, "start_time": "22:00", "end_time": "01:30"}
    coach.ask("PUT", "/coach/me/availability", json={"weekly": [night]})
    midnight, next_midnight = day()

    assert starts(coach, (midnight, next_midnight + timedelta(days=1))) == [
        "22:00", "22:30", "23:00", "23:30", "00:00", "00:30",
    ]  # fmt: skip
    assert starts(coach, (next_midnight, next_midnight + timedelta(days=1))) == ["00:00", "00:30"]


def test_a_booked_time_is_missing_with_the_buffers_around_it(client: Person, http: httpx.Client) -> None:
    coach = works(http, ("08:00", "14:00"), buffer_before_minutes=10, buffer_after_minutes=30)
    client.books(coach, next_week(10))

    assert starts(coach, day()) == ["08:00", "12:00", "12:30", "13:00"]


def test_another_coach_s_booking_takes_nothing(client: Person, coach: Person, http: httpx.Client) -> None:
    other = works(http, ("10:00", "11:00"))
    client.books(coach, next_week(10))

    assert starts(other, day()) == ["10:00"]


def test_a_hold_that_ran_out_is_listed_again_and_can_be_booked(
    app: Flask, client: Person, http: httpx.Client
) -> None:
    coach = works(http, ("10:00", "11:00"))
    client.books(coach, next_week(10))
    assert starts(coach, day()) == []

    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()

    assert starts(coach, day()) == ["10:00"]
    Person.registered(http, "client").books(coach, next_week(10))


def test_nothing_is_listed_before_the_notice_or_after_the_horizon(http: httpx.Client) -> None:
    coach = works(http, ("00:00", "00:00"), minimum_notice_minutes=48 * 60)
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 5})
    now = datetime.now(UTC)

    listed = [datetime.fromisoformat(slot["start"]) for slot in slots(coach, (now, now + timedelta(days=10)))]

    assert timedelta() <= listed[0] - (now + timedelta(hours=48)) < timedelta(minutes=31)
    assert timedelta() < now + timedelta(days=5) - listed[-1] <= timedelta(minutes=30)


@pytest.mark.parametrize("days", [-400, -10, 800], ids=["long ago", "past", "beyond the horizon"])
def test_days_that_nobody_can_book_are_empty(coach: Person, days: int) -> None:
    begin = datetime.now(UTC) + timedelta(days=days)

    assert slots(coach, (begin, begin + timedelta(days=7))) == []


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-12-01T00:00:00Z", "2027-02-01T00:00:01Z"),
        ("2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-01T00:00:00", "2026-12-02T00:00:00"),
        ("1764547200", "1764633600"),
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-14:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z"),
    ],
)
def test_a_span_that_makes_no_sense_is_a_422(coach: Person, begin: str, end: str) -> None:
    query = {"from": begin, "to": end, "duration_minutes": 60}

    assert coach.http.get(f"/coach/{coach.id}/slot", params=query).status_code == 422


def test_62_days_can_be_asked_for_at_once(http: httpx.Client) -> None:
    coach = works(http, ("10:00", "11:00"))
    begin, _ = day()

    assert len(slots(coach, (begin, begin + timedelta(days=62)))) == 62


def test_a_length_that_is_not_offered_is_pointed_at(coach: Person) -> None:
    begin, end = day()
    query = {"from": begin.isoformat(), "to": end.isoformat(), "duration_minutes": 45}

    answer = coach.http.get(f"/coach/{coach.id}/slot", params=query)

    assert answer.status_code == 422
    assert "30, 60, 90" in answer.json()["detail"]


@pytest.mark.parametrize(("zone", "minutes"), [("Europe/Paris", 60), ("America/New_York", 60)])
def test_on_a_spring_day_the_wall_clock_counts_and_the_missing_hour_is_missing(
    http: httpx.Client, zone: str, minutes: int
) -> None:
    coach = works(http, ("00:30", "04:30"), ("09:00", "10:00"), zone=zone, slot_step_minutes=60)

    listed = slots(coach, day(zone, next_change(zone, forward=True)), minutes)

    assert [slot["local_start"][11:16] for slot in listed] == ["00:30", "01:30", "03:30", "09:00"]
    offset = datetime.fromisoformat(listed[-1]["local_start"]).utcoffset()
    assert offset == {"Europe/Paris": timedelta(hours=2), "America/New_York": timedelta(hours=-4)}[zone]
    assert listed[-1]["start"][11:16] == {"Europe/Paris": "07:00", "America/New_York": "13:00"}[zone]


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
def test_on_an_autumn_day_the_wall_clock_counts_and_the_double_hour_comes_twice(
    http: httpx.Client, zone: str
) -> None:
    coach = works(http, ("00:30", "04:30"), ("09:00", "10:00"), zone=zone, slot_step_minutes=60)

    listed = slots(coach, day(zone, next_change(zone, forward=False)))

    double = {"Europe/Paris": "02:30", "America/New_York": "01:30"}[zone]
    wall = [slot["local_start"][11:16] for slot in listed]
    assert wall == sorted(["00:30", "01:30", "02:30", "03:30", "09:00", double])
    assert listed[-1]["start"][11:16] == {"Europe/Paris": "08:00", "America/New_York": "14:00"}[zone]


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
def test_hours_within_the_missing_hour_break_no_listing(http: httpx.Client, zone: str) -> None:
    coach = works(http, ("02:30", "03:00"), ("09:00", "10:00"), zone=zone)
    begin, end = day(zone, next_change(zone, forward=True))

    listed = slots(coach, (begin, end + timedelta(days=1)), 30)

    assert [slot["local_start"][11:16] for slot in listed] == ["09:00", "09:30", "02:30", "09:00", "09:30"]
