from typing import Any

import httpx
import pytest

from tests.people import Person
from tests.problems import pointers

MONDAY = {"weekday": "monday", "start_time": "09:00", "end_time": "17:00"}


@pytest.fixture
def newcomer(http: httpx.Client) -> Person:
    """A coach who has set nothing yet."""
    return Person.registered(http, "coach", "America/New_York", "Nora Newcomer")


def change(coach: Person, **profile: Any) -> httpx.Response:
    return coach.ask("PATCH", "/coach/me", json=profile)


def test_a_new_coach_has_a_profile_in_the_own_time_zone_and_no_price(newcomer: Person) -> None:
    profile = newcomer.get("/coach/me").json()

    assert profile["name"] == "Nora Newcomer"
    assert profile["time_zone"] == "America/New_York"
    assert profile["hourly_rate"] is None
    assert newcomer.get("/coach/me/availability").json() == {
        "time_zone": "America/New_York",
        "weekly": [],
        "overrides": [],
        "stays": [],
        "collides_with": [],
    }


def test_what_is_sent_is_changed_and_the_rest_stays(newcomer: Person) -> None:
    change(newcomer, headline="Careers", bio="Ten years.\nTwo books.", languages=["en", "fr"])

    profile = change(newcomer, hourly_rate=90.5, currency="USD", buffer_after_minutes=10).json()

    assert profile["headline"] == "Careers"
    assert profile["bio"] == "Ten years.\nTwo books."
    assert profile["languages"] == ["en", "fr"]
    assert (profile["hourly_rate"], profile["hourly_rate_minor"]) == (90.5, 9050)
    assert newcomer.get("/coach/me").json() == profile


def test_the_public_page_shows_no_more_than_clients_need(newcomer: Person) -> None:
    change(newcomer, hourly_rate=90, video_url="https://meet.example.com/nora")

    profile = newcomer.http.get(f"/coach/{newcomer.id}").json()

    assert profile["hourly_rate"] == 90.0
    assert "video_url" not in profile
    assert "email" not in profile


def test_a_coach_without_a_price_is_not_shown(newcomer: Person) -> None:
    newcomer.get("/coach/me")

    assert newcomer.http.get(f"/coach/{newcomer.id}").status_code == 404


@pytest.mark.parametrize(
    "profile",
    [
        {"hourly_rate": 0.98, "currency": "EUR"},  # half an hour would be below 0.50
        {"hourly_rate": 0.5, "currency": "GBP"},
        {"hourly_rate": 80, "currency": "JPY"},
        {"hourly_rate": 300, "currency": "HUF"},
        {"hourly_rate": 700_000, "currency": "EUR"},  # an hour and a half would be above 999,999.99
        {"hourly_rate": 75.005, "currency": "EUR"},
        {"hourly_rate": 75.5, "currency": "JPY"},
        {"hourly_rate": 5000.5, "currency": "ISK"},
        {"hourly_rate": 25.005, "currency": "KWD"},
        {"hourly_rate": 0},
        {"hourly_rate": -75},
        {"hourly_rate": "NaN"},
        {"hourly_rate": "1e400"},
        {"hourly_rate": None},
    ],
    ids=str,
)
def test_a_price_that_cannot_be_charged_is_refused(newcomer: Person, profile: dict[str, Any]) -> None:
    assert pointers(change(newcomer, **profile)) == ["/hourly_rate"]
    assert newcomer.get("/coach/me").json()["hourly_rate"] is None


@pytest.mark.parametrize(
    ("rate", "currency", "minor"), [(0.99, "USD", 99), (100, "JPY", 100), (5000, "ISK", 500000)]
)
def test_the_smallest_prices_are_taken_where_every_length_can_be_charged(
    newcomer: Person, rate: float, currency: str, minor: int
) -> None:
    answer = change(newcomer, hourly_rate=rate, currency=currency, durations=[60])

    assert answer.status_code == 200, answer.text
    assert answer.json()["hourly_rate_minor"] == minor


def test_a_shorter_length_must_be_chargeable_too(newcomer: Person) -> None:
    change(newcomer, hourly_rate=1, currency="EUR", durations=[60])

    assert pointers(change(newcomer, durations=[15, 60])) == ["/hourly_rate"]


def test_a_new_currency_needs_a_new_price(newcomer: Person) -> None:
    change(newcomer, hourly_rate=90, currency="EUR")

    assert pointers(change(newcomer, currency="JPY")) == ["/currency"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "localtime"),
        ("currency", "eur"),
        ("currency", "XXX"),
        ("durations", []),
        ("slot_step_minutes", 7),
        ("slot_step_minutes", 0),
        ("buffer_before_minutes", 241),
        ("minimum_notice_minutes", -1),
        ("horizon_days", 367),
        ("video_url", "javascript:alert(1)"),
        ("headline", "two\nlines"),
        ("headline", "two\u2028lines"),
        ("bio", "a bell \a"),
        ("bio", None),
        ("favourite_colour", "red"),
    ],
)
def test_a_value_that_makes_no_sense_is_pointed_at(newcomer: Person, field: str, value: object) -> None:
    assert pointers(change(newcomer, **{field: value})) == [f"/{field}"]


def test_the_video_link_can_be_taken_back(newcomer: Person) -> None:
    assert change(newcomer, video_url="https://meet.example.com/nora").json()["video_url"]

    assert change(newcomer, video_url=None).json()["video_url"] is None


def test_weekly_hours_are_replaced_as_a_whole_and_come_in_order(newcomer: Person) -> None:
    friday = MONDAY | {"weekday": "friday"}
    early = MONDAY | {"start_time": "06:00", "end_time": "08:30"}
    newcomer.ask("PUT", "/coach/me/availability", json={"weekly": [friday]})

    newcomer.ask("PUT", "/coach/me/availability", json={"weekly": [MONDAY, early]})

    assert newcomer.get("/coach/me/availability").json()["weekly"] == [early, MONDAY]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weekday", "someday"),
        ("weekday", 1),
        ("start_time", "24:00"),
        ("start_time", "09:00:30"),
        ("end_time", "17:00Z"),
    ],
)
def test_hours_that_are_no_local_hours_are_pointed_at(newcomer: Person, field: str, value: object) -> None:
    wish = {"weekly": [MONDAY, MONDAY | {field: value}]}

    assert pointers(newcomer.ask("PUT", "/coach/me/availability", json=wish)) == [f"/weekly/1/{field}"]


def test_a_client_has_no_profile_to_change(client: Person) -> None:
    assert change(client, headline="Me too").status_code == 403
    assert client.get("/coach/me").status_code == 403
    assert client.ask("PUT", "/coach/me/availability", json={"weekly": []}).status_code == 403
