"""On a day on which clocks change, a coach's starts are those of the wall, as on every other day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.clock import Clock
from tests.coaches.offered_slots import slots, works
from tests.people import Person

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("early_in_2027")


@pytest.fixture
def early_in_2027(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.extensions.datetime", Clock(datetime(2027, 1, 4, tzinfo=UTC)))


def wall(coach: Person, on: date, zone: str) -> list[str]:
    """What the wall shows at each start that the date has, for sessions of half an hour."""
    middle = datetime.combine(on, time(12), UTC)
    listed = (
        slot["local_start"] for slot in slots(coach, (middle - 2 * DAY, middle + 2 * DAY), 30, time_zone=zone)
    )
    return [local[11:16] for local in listed if local.startswith(str(on))]


def skipped(on: date, zone: str, local: str) -> bool:
    at = datetime.combine(on, time.fromisoformat(local), ZoneInfo(zone))
    return at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != at.replace(tzinfo=None)


def test_paris_on_the_last_sunday_of_march(http: httpx.Client) -> None:
    coach = works(http, ("00:00", "00:00"), zone="Europe/Paris", slot_step_minutes=120)
    every_other = [f"{hour:02}:00" for hour in range(0, 24, 2)]

    assert wall(coach, date(2027, 3, 21), "Europe/Paris") == every_other
    assert wall(coach, date(2027, 3, 28), "Europe/Paris") == [at for at in every_other if at != "02:00"]


@pytest.mark.parametrize("step", [25, 45, 60, 120, 240])
@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("Europe/Paris", date(2027, 3, 28), ("00:00", "00:00")),
        ("Europe/Paris", date(2027, 3, 28), ("02:30", "09:00")),
        ("America/New_York", date(2027, 3, 14), ("00:15", "23:45")),
        ("Australia/Lord_Howe", date(2027, 10, 3), ("00:00", "00:00")),
        ("Antarctica/Troll", date(2027, 3, 28), ("00:00", "12:00")),
        ("Africa/Cairo", date(2027, 4, 30), ("00:00", "00:00")),
        ("America/Santiago", date(2027, 9, 5), ("00:30", "20:00")),
        ("America/Nuuk", date(2027, 3, 27), ("20:00", "04:00")),
        ("Africa/Casablanca", date(2027, 3, 14), ("00:00", "00:00")),
        ("Europe/Dublin", date(2027, 3, 28), ("00:30", "06:10")),
    ],
)
def test_in_spring_it_is_the_grid_of_the_week_before_but_for_what_is_skipped(
    http: httpx.Client, zone: str, on: date, hours: tuple[str, str], step: int
) -> None:
    coach = works(http, hours, zone=zone, slot_step_minutes=step)

    before = wall(coach, on - 7 * DAY, zone)
    there = [local for local in before if not skipped(on, zone, local)]

    assert wall(coach, on, zone) == there
    assert there, "the week before has starts"


@pytest.mark.parametrize("step", [25, 45, 60, 120])
@pytest.mark.parametrize(
    ("zone", "on"),
    [
        ("Europe/Paris", date(2027, 10, 31)),
        ("Australia/Lord_Howe", date(2027, 4, 4)),
        ("Antarctica/Troll", date(2027, 10, 31)),
        ("Atlantic/Azores", date(2027, 10, 31)),
    ],
)
def test_in_autumn_it_is_that_grid_with_what_comes_twice_offered_twice(
    http: httpx.Client, zone: str, on: date, step: int
) -> None:
    coach = works(http, ("00:00", "00:00"), zone=zone, slot_step_minutes=step)

    there = wall(coach, on, zone)

    assert sorted(set(there)) == wall(coach, on - 7 * DAY, zone)
    twice = {local for local in there if there.count(local) == 2}
    assert twice == {local for local in there if comes_twice(on, zone, local)}
    assert twice or zone == "Australia/Lord_Howe", "whose half hour holds no full one"


def comes_twice(on: date, zone: str, local: str) -> bool:
    first, second = (
        datetime.combine(on, time.fromisoformat(local), ZoneInfo(zone)).replace(fold=fold).utcoffset()
        for fold in (0, 1)
    )
    return first != second


def test_hours_that_began_the_evening_before_keep_their_grid_past_the_change(http: httpx.Client) -> None:
    coach = works(http, ("22:00", "06:00"), zone="Europe/Paris", slot_step_minutes=120)
    night = date(2027, 3, 28)

    assert wall(coach, night - 7 * DAY, "Europe/Paris") == ["00:00", "02:00", "04:00", "22:00"]
    assert wall(coach, night, "Europe/Paris") == ["00:00", "04:00", "22:00"]


def test_a_weekly_series_at_ten_crosses_the_change(http: httpx.Client) -> None:
    coach = works(http, ("00:00", "00:00"), zone="Europe/Paris", slot_step_minutes=120)
    client = Person.registered(http, "client")

    series = client.wish_series(coach, datetime(2027, 3, 21, 9, tzinfo=UTC), 3)

    assert series.status_code == 201, series.text
    starts = [each["session_datetime"] for each in series.json()["items"]]
    assert starts == ["2027-03-21T09:00:00Z", "2027-03-28T08:00:00Z", "2027-04-04T08:00:00Z"]


def test_a_series_whose_hour_is_skipped_once_says_which_and_why(http: httpx.Client) -> None:
    coach = works(http, ("00:00", "00:00"), zone="Europe/Paris")
    client = Person.registered(http, "client")

    series = client.wish_series(coach, datetime(2027, 3, 21, 1, 30, tzinfo=UTC), 3, skip_taken=True).json()

    assert len(series["items"]) == 2
    (left_out,) = series["left_out"]
    assert left_out["session_datetime"] == "2027-03-28T01:00:00Z"
    assert "Europe/Paris go forward and skip 02:30 on Sunday 28 March 2027" in left_out["detail"]


def test_a_series_in_the_hour_that_comes_twice_takes_the_second(http: httpx.Client) -> None:
    coach = works(http, ("00:00", "00:00"), zone="Europe/Paris")
    client = Person.registered(http, "client")

    series = client.wish_series(coach, datetime(2027, 10, 24, 0, 30, tzinfo=UTC), 2).json()

    assert [each["session_datetime"] for each in series["items"]][1] == "2027-10-31T01:30:00Z"


def test_other_hours_of_the_very_date_keep_their_grid(http: httpx.Client) -> None:
    coach = works(http, ("09:00", "12:00"), zone="Europe/Paris", slot_step_minutes=60)
    weekly = coach.get("/coach/me/availability").json()["weekly"]
    night = {"date": "2027-03-28", "hours": [{"start_time": "00:30", "end_time": "05:00"}]}
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly, "overrides": [night]})

    assert wall(coach, date(2027, 3, 28), "Europe/Paris") == ["00:30", "01:30", "03:30", "04:30"]
