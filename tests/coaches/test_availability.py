"""Weekly hours, other hours by date, and stays in other time zones, as a coach sets them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.people import WEEKDAYS, Person, next_week
from tests.problems import pointers

DAY = timedelta(days=1)
SOON = next_week().date()


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    """From nine to ten every day, in UTC."""
    coach = Person.registered(http, "coach", "UTC").open_for_business(slot_step_minutes=60)
    assert replace(coach).status_code == 200
    return coach


def replace(coach: Person, **more: Any) -> httpx.Response:
    weekly = [hours("09:00", "10:00") | {"weekday": day} for day in WEEKDAYS]
    return coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly} | more)


def hours(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


def override(*ranges: tuple[str, str], days: int = 0) -> dict[str, Any]:
    """Other hours on the day in a week, or so many days after it."""
    return {"date": str(SOON + days * DAY), "hours": [hours(*each) for each in ranges]}


def stay(first: int, last: int, zone: str = "Asia/Tokyo") -> dict[str, str]:
    return {"first_date": str(SOON + first * DAY), "last_date": str(SOON + last * DAY), "time_zone": zone}


def starts(coach: Person, zone: str = "UTC") -> list[str]:
    """The free starts from the day before to the day after the one in a week: days from it, and hour."""
    begin = datetime.combine(SOON, datetime.min.time(), UTC)
    query = {"from": (begin - DAY).isoformat(), "to": (begin + 2 * DAY).isoformat()}
    answer = coach.http.get(
        f"/coach/{coach.id}/slot", params=query | {"duration_minutes": "60", "time_zone": zone}
    )
    local = [datetime.fromisoformat(slot["local_start"]) for slot in answer.json()["items"]]
    return [f"{(at.date() - SOON).days:+} {at:%H:%M}" for at in local]


def test_a_date_may_have_other_hours_than_its_weekday(coach: Person) -> None:
    replace(coach, overrides=[override(("14:00", "15:00"), ("17:00", "19:00"))])

    assert starts(coach) == ["-1 09:00", "+0 14:00", "+0 17:00", "+0 18:00", "+1 09:00"]


def test_a_date_may_be_closed(coach: Person) -> None:
    replace(coach, overrides=[override()])

    assert starts(coach) == ["-1 09:00", "+1 09:00"]


def test_hours_of_the_evening_before_run_on_into_a_closed_date(coach: Person) -> None:
    replace(coach, overrides=[override(("22:00", "02:00"), days=-1), override()])

    assert starts(coach) == ["-1 22:00", "-1 23:00", "+0 00:00", "+0 01:00", "+1 09:00"]


def test_what_is_set_is_shown_in_order(coach: Person) -> None:
    later, sooner = override(("14:00", "15:00"), days=2), override()
    away, abroad = stay(10, 12), stay(3, 3, "America/New_York")

    shown = replace(coach, overrides=[later, sooner], stays=[away, abroad]).json()

    assert shown["overrides"] == [sooner, later]
    assert shown["stays"] == [abroad, away]
    assert coach.get("/coach/me/availability").json() == shown


def test_what_is_left_out_stays_and_what_is_sent_replaces(coach: Person) -> None:
    replace(coach, overrides=[override()], stays=[stay(0, 1)])

    assert replace(coach).json()["overrides"] == [override()]
    assert replace(coach, overrides=[]).json()["stays"] == [stay(0, 1)]
    assert replace(coach, stays=[stay(1, 2)]).json()["stays"] == [stay(1, 2)]
    assert coach.get("/coach/me/availability").json()["overrides"] == []


def test_what_is_over_is_not_kept(coach: Person) -> None:
    shown = replace(coach, overrides=[override(days=-20), override()], stays=[stay(-30, -20)]).json()

    assert shown["overrides"] == [override()]
    assert shown["stays"] == []


def test_during_a_stay_the_hours_are_read_there(coach: Person) -> None:
    replace(coach, stays=[stay(0, 0)])

    assert starts(coach) == ["-1 09:00", "+0 00:00", "+1 09:00"]
    assert starts(coach, "Asia/Tokyo") == ["-1 18:00", "+0 09:00", "+1 18:00"]


def test_hours_past_midnight_of_a_stays_last_date_end_there(coach: Person) -> None:
    replace(coach, overrides=[override(("22:00", "02:00")), override(days=-1)], stays=[stay(-1, 0)])

    assert starts(coach, "Asia/Tokyo")[:4] == ["+0 22:00", "+0 23:00", "+1 00:00", "+1 01:00"]


def test_other_hours_of_a_stays_date_are_read_there_too(coach: Person) -> None:
    replace(coach, overrides=[override(("12:00", "13:00"))], stays=[stay(0, 0)])

    assert starts(coach) == ["-1 09:00", "+0 03:00", "+1 09:00"]


@pytest.mark.parametrize(
    ("ranges", "pointer"),
    [
        ([("09:00", "12:00"), ("11:30", "13:00")], "/1"),
        ([("11:30", "13:00"), ("09:00", "12:00")], "/1"),
        ([("09:00", "10:00"), ("20:00", "01:00"), ("23:00", "23:30")], "/2"),
        ([("09:00", "10:00"), ("09:00", "10:00")], "/1"),
        ([("00:00", "00:00"), ("23:59", "00:00")], "/1"),
    ],
    ids=str,
)
def test_hours_of_one_day_that_overlap_are_pointed_at(
    coach: Person, ranges: list[tuple[str, str]], pointer: str
) -> None:
    monday = [hours(*each) | {"weekday": "monday"} for each in ranges]

    assert pointers(replace(coach, weekly=monday)) == [f"/weekly{pointer}"]
    assert pointers(replace(coach, overrides=[override(*ranges)])) == [f"/overrides/0/hours{pointer}"]


def test_hours_may_touch_and_may_run_into_those_of_the_next_day(coach: Person) -> None:
    weekly = [
        hours("09:00", "10:00") | {"weekday": "monday"},
        hours("10:00", "02:00") | {"weekday": "monday"},
        hours("01:00", "03:00") | {"weekday": "tuesday"},
    ]

    assert replace(coach, weekly=weekly).status_code == 200


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"overrides": [override(), override(("09:00", "10:00"))]}, "/overrides/1/date"),
        ({"overrides": [{"date": "2026-02-30", "hours": []}]}, "/overrides/0/date"),
        ({"overrides": [{"date": "9999-12-31", "hours": []}]}, "/overrides/0/date"),
        ({"overrides": [{"date": str(SOON)}]}, "/overrides/0/hours"),
        ({"overrides": [override(("9", "10:00"))]}, "/overrides/0/hours/0/start_time"),
        ({"overrides": [override(("09:00:01", "10:00"))]}, "/overrides/0/hours/0/start_time"),
        ({"stays": [stay(0, 2), stay(5, 6), stay(2, 3)]}, "/stays/2"),
        ({"stays": [stay(1, 0)]}, "/stays/0/last_date"),
        ({"stays": [stay(0, 0, "Mars/Olympus")]}, "/stays/0/time_zone"),
        ({"stays": [stay(0, 0) | {"first_date": "tomorrow"}]}, "/stays/0/first_date"),
        ({"holidays": []}, "/holidays"),
    ],
    ids=str,
)
def test_dates_that_make_no_sense_are_pointed_at_and_change_nothing(
    coach: Person, more: dict[str, Any], pointer: str
) -> None:
    before = coach.get("/coach/me/availability").json()

    assert pointers(replace(coach, **more)) == [pointer]
    assert coach.get("/coach/me/availability").json() == before
