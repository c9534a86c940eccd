"""Prices a length, and the cancellation policy."""

from typing import Any

import httpx
import pytest

from tests.people import Person, next_week
from tests.problems import pointers

STANDARD = {
    "tiers": [{"hours_before": 24, "refund_percent": 100}, {"hours_before": 0, "refund_percent": 0}],
    "client_notice_minutes": 0,
    "coach_notice_minutes": 0,
}


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    """75.00 EUR an hour; half hours, hours and hours and a half."""
    return Person.registered(http, "coach").open_for_business()


def change(coach: Person, **profile: Any) -> httpx.Response:
    return coach.ask("PATCH", "/coach/me", json=profile)


def price(minutes: int, amount: float) -> dict[str, Any]:
    return {"duration_minutes": minutes, "amount": amount}


def public(coach: Person) -> dict[str, Any]:
    found: dict[str, Any] = coach.http.get(f"/coach/{coach.id}").json()
    return found


def test_without_prices_of_their_own_all_lengths_cost_what_the_hour_says(coach: Person) -> None:
    assert coach.get("/coach/me").json()["prices"] == []
    assert [each["amount"] for each in public(coach)["session_prices"]] == [37.5, 75.0, 112.5]


def test_a_length_may_have_a_price_of_its_own_which_is_shown_listed_and_booked(
    client: Person, coach: Person
) -> None:
    answer = change(coach, prices=[price(90, 100), price(30, 45.5)])

    assert answer.json()["prices"] == [price(30, 45.5), price(90, 100.0)]
    assert public(coach)["session_prices"] == [
        price(30, 45.5) | {"amount_minor": 4550, "currency": "EUR"},
        price(60, 75.0) | {"amount_minor": 7500, "currency": "EUR"},
        price(90, 100.0) | {"amount_minor": 10000, "currency": "EUR"},
    ]
    assert client.books(coach, minutes=90)["amount_minor"] == 10000
    query = {
        "from": next_week(12).isoformat(),
        "to": next_week(13).isoformat(),
        "duration_minutes": "30",
    }
    slot = coach.http.get(f"/coach/{coach.id}/slot", params=query).json()["items"][0]
    assert (slot["amount"], slot["amount_minor"]) == (45.5, 4550)


def test_what_is_shown_of_the_prices_can_be_sent_back(coach: Person) -> None:
    change(coach, prices=[price(30, 45.5)])
    shown = coach.get("/coach/me").json()

    sent_back = {"prices": shown["prices"], "cancellation_policy": shown["cancellation_policy"]}

    assert change(coach, **sent_back).json() == shown
    assert change(coach, prices=[]).json()["prices"] == []


@pytest.mark.parametrize(
    ("prices", "pointer"),
    [
        ([price(45, 30)], "/prices/0/duration_minutes"),
        ([price(30, 40), price(30, 41)], "/prices/1/duration_minutes"),
        ([price(60, 70), price(30, 0.49)], "/prices/1/amount"),
        ([price(30, 1_000_000)], "/prices/0/amount"),
        ([price(30, 40.005)], "/prices/0/amount"),
        ([price(30, 0)], "/prices/0/amount"),
        ([price(30, -1)], "/prices/0/amount"),
        ([{"duration_minutes": 30}], "/prices/0/amount"),
        (None, "/prices"),
    ],
    ids=str,
)
def test_prices_that_cannot_be_charged_are_pointed_at(coach: Person, prices: object, pointer: str) -> None:
    assert pointers(change(coach, prices=prices)) == [pointer]
    assert coach.get("/coach/me").json()["prices"] == []


def test_a_length_with_a_price_is_not_dropped_unless_its_price_is(coach: Person) -> None:
    change(coach, prices=[price(30, 40)])

    assert pointers(change(coach, durations=[60, 90])) == ["/durations"]
    assert change(coach, durations=[60, 90], prices=[]).status_code == 200


def test_a_new_currency_needs_new_prices(coach: Person) -> None:
    change(coach, prices=[price(30, 40)])

    assert pointers(change(coach, currency="JPY", hourly_rate=9000)) == ["/currency"]
    shown = change(coach, currency="JPY", hourly_rate=9000, prices=[price(30, 5000)]).json()
    assert [each["amount_minor"] for each in shown["session_prices"]] == [5000, 9000, 13500]


def test_the_hour_must_be_chargeable_for_the_lengths_without_a_price_only(coach: Person) -> None:
    assert pointers(change(coach, hourly_rate=0.9)) == ["/hourly_rate"]
    assert change(coach, hourly_rate=0.9, prices=[price(30, 5)]).status_code == 200
    assert pointers(change(coach, prices=[])) == ["/hourly_rate"]


def test_a_rate_beyond_all_is_refused_even_if_no_length_uses_it(coach: Person) -> None:
    prices = [price(minutes, 50) for minutes in (30, 60, 90)]

    assert pointers(change(coach, hourly_rate=99_999_999, prices=prices)) == ["/hourly_rate"]


def test_the_standard_policy_gives_all_back_until_a_day_before(coach: Person) -> None:
    assert public(coach)["cancellation_policy"] == STANDARD


def test_a_policy_is_replaced_as_a_whole_and_shown_earliest_first(coach: Person) -> None:
    tiers = [
        {"hours_before": 2, "refund_percent": 25},
        {"hours_before": 168, "refund_percent": 100},
        {"hours_before": 48, "refund_percent": 50},
    ]

    shown = change(coach, cancellation_policy={"tiers": tiers, "client_notice_minutes": 60}).json()

    assert shown["cancellation_policy"] == {
        "tiers": [tiers[1], tiers[2], tiers[0]],
        "client_notice_minutes": 60,
        "coach_notice_minutes": 0,
    }
    assert public(coach)["cancellation_policy"] == shown["cancellation_policy"]
    assert change(coach, cancellation_policy={}).json()["cancellation_policy"] == STANDARD


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"tiers": []}, "/tiers"),
        ({"tiers": [{"hours_before": hour, "refund_percent": 0} for hour in range(11)]}, "/tiers"),
        ({"tiers": [{"hours_before": 24, "refund_percent": percent} for percent in (50, 100)]}, "/tiers"),
        ({"tiers": [{"hours_before": 24, "refund_percent": 101}]}, "/tiers/0/refund_percent"),
        ({"tiers": [{"hours_before": 24, "refund_percent": 99.5}]}, "/tiers/0/refund_percent"),
        ({"tiers": [{"hours_before": -1, "refund_percent": 100}]}, "/tiers/0/hours_before"),
        ({"tiers": [{"refund_percent": 100}]}, "/tiers/0/hours_before"),
        ({"client_notice_minutes": -1}, "/client_notice_minutes"),
        ({"coach_notice_minutes": 43_201}, "/coach_notice_minutes"),
        ({"no_refunds": True}, "/no_refunds"),
        (None, ""),
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_is_pointed_at(coach: Person, policy: object, pointer: str) -> None:
    assert pointers(change(coach, cancellation_policy=policy)) == [f"/cancellation_policy{pointer}"]
    assert public(coach)["cancellation_policy"] == STANDARD
