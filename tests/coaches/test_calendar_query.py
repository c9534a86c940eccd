"""`from` and `to` as plain dates: whole days of the zone named, of the coach's clocks, or of the caller."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.people import Person, next_week
from tests.shop import become_admin


def starts(http: httpx.Client, coach: Person, **query: str) -> list[str]:
    answer = http.get(f"/coach/{coach.id}/slot", params={"duration_minutes": "60", **query})
    assert answer.status_code == 200, answer.text
    return [each["start"] for each in answer.json()["items"]]


def instants(on: date, zone: str) -> dict[str, str]:
    """The same day by its two midnights."""
    midnight = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone))
    after = datetime.combine(on + timedelta(days=1), midnight.timetz())
    return {"from": midnight.astimezone(UTC).isoformat(), "to": after.astimezone(UTC).isoformat()}


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_day_is_that_of_the_zone_that_is_named(http: httpx.Client, coach: Person, zone: str) -> None:
    day = next_week().date()

    found = starts(http, coach, **{"from": f"{day}", "to": f"{day}", "time_zone": zone})

    assert found == starts(http, coach, **instants(day, zone))
    assert len(found) == 48


def test_else_it_is_that_of_the_coach_s_clocks(http: httpx.Client, coach: Person) -> None:
    day = next_week().date()

    found = starts(http, coach, **{"from": f"{day}", "to": f"{day}"})

    assert found == starts(http, coach, **instants(day, "Europe/Paris"))


def test_on_a_stay_it_is_that_of_the_clocks_there(http: httpx.Client, coach: Person) -> None:
    day = next_week().date()
    hours = coach.get("/coach/me/availability").json()["weekly"]
    stay = {"first_date": f"{day}", "last_date": f"{day + timedelta(days=7)}", "time_zone": "Asia/Tokyo"}
    coach.ask("PUT", "/coach/me/availability", json={"weekly": hours, "stays": [stay]})
    inside = day + timedelta(days=3)

    found = starts(http, coach, **{"from": f"{inside}", "to": f"{inside}"})

    assert found == starts(http, coach, **instants(inside, "Asia/Tokyo"))


def test_a_date_and_a_moment_go_together(http: httpx.Client, coach: Person) -> None:
    day = next_week().date()
    both = instants(day, "Europe/Paris")

    assert starts(http, coach, **{"from": f"{day}", "to": both["to"]}) == starts(http, coach, **both)
    assert starts(http, coach, **{"from": both["from"], "to": f"{day}"}) == starts(http, coach, **both)


@pytest.mark.parametrize(
    ("since", "until", "pointers"),
    [
        ("2027-02-30", "2027-03-01", ["from"]),
        ("2027-02-01", "2027-02-31", ["to"]),
        ("2027-02-02", "2027-02-01", ["to"]),
        ("2027-02-01", "2027-04-04", ["to"]),
        ("0001-01-01", "9999-12-31", ["from", "to"]),
        ("2027-2-1", "20270202", ["from", "to"]),
        ("2027-02-01T00:00", "2027-02-02", ["from"]),
        ("2027-02-02", "2027-02-01T23:00:00Z", ["to"]),
    ],
)
def test_dates_that_cannot_be_are_named(
    http: httpx.Client, coach: Person, since: str, until: str, pointers: list[str]
) -> None:
    query = {"duration_minutes": "60", "from": since, "to": until}

    answer = http.get(f"/coach/{coach.id}/slot", params=query)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


def test_sixty_two_days_are_taken_across_a_change_of_the_clocks(http: httpx.Client, coach: Person) -> None:
    assert starts(http, coach, **{"from": "2190-10-01", "to": "2190-12-01"}) == []


def test_a_list_takes_the_days_of_its_reader(client: Person, coach: Person) -> None:
    """A session at 23:30 in London is one of the next day in Paris."""
    late = next_week(0).astimezone(ZoneInfo("Europe/London")).replace(hour=23, minute=30)
    booking = client.books(coach, late.astimezone(UTC), 30)
    day, after = late.date(), late.date() + timedelta(days=1)

    for reader, own, other in ((client, day, after), (coach, after, day)):
        mine = reader.get("/booking", params={"from": f"{own}", "to": f"{own}"}).json()["items"]
        assert [each["id"] for each in mine] == [booking["id"]]
        assert reader.get("/booking", params={"from": f"{other}", "to": f"{other}"}).json()["items"] == []


def test_an_operator_s_list_takes_days_of_utc(client: Person) -> None:
    become_admin(client)
    today = datetime.now(UTC).date()

    found = client.get("/admin/email", params={"from": f"{today}", "to": f"{today}"}).json()["items"]
    before = client.get("/admin/email", params={"to": f"{today - timedelta(days=1)}"}).json()["items"]

    assert (len(found), before) == (1, [])
