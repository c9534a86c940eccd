"""What Stripe charges at least and at most in each currency, by its page "Supported currencies"."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.money.money import CURRENCIES, MAXIMUM_DIGITS, MINIMUM, Money, digits, maximum, smallest_step
from app.payments.models import Payment, Refund
from app.payments.refunds import submission
from sandbox.stripe import amounts
from sandbox.stripe.errors import InvalidParameter
from tests.people import Person, next_week
from tests.shop import Shop

URLS = {"success_url": "http://a.example/", "cancel_url": "http://a.example/"}


def sandbox_takes(money: Money) -> bool:
    currency = money.currency.lower()
    try:
        amounts.check_unit(money.amount, amounts.check_currency(currency, "currency"), "amount")
        amounts.check_total(money.amount, currency, "The total")
    except InvalidParameter:
        return False
    return True


def test_our_currencies_are_those_of_the_sandbox() -> None:
    assert {currency.lower() for currency in CURRENCIES} == amounts.SUPPORTED
    assert {currency.lower(): least for currency, least in MINIMUM.items()} == amounts.MINIMUMS
    assert {currency.lower(): number for currency, number in MAXIMUM_DIGITS.items()} == amounts.DIGITS
    assert len(MINIMUM) == 31


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_the_limits_of_a_currency_are_stripes(currency: str) -> None:
    assert digits(currency) == amounts.decimals(currency.lower())
    step, largest = smallest_step(currency), maximum(currency)
    assert sandbox_takes(largest)
    assert not sandbox_takes(Money(largest.amount + step, currency))
    if currency in MINIMUM:
        assert sandbox_takes(Money(MINIMUM[currency], currency))
        assert not sandbox_takes(Money(MINIMUM[currency] - step, currency))


@pytest.mark.parametrize(
    ("currency", "rate", "status"),
    [
        ("SEK", 2, 422),
        ("SEK", 3, 200),
        ("DKK", 2.49, 422),
        ("HKD", 3.99, 422),
        ("THB", 9, 422),
        ("KRW", 49, 422),
        ("ZAR", 0.5, 200),
        ("IDR", 1_200_000, 200),
        ("IDR", 9_999_999_999.99, 200),
        ("COP", 1_100_000, 200),
        ("COP", 100_000_000, 422),
        ("INR", 10_000_000, 422),
        ("KZT", 36_000, 200),
        ("VND", 99_999_999, 200),
        ("VND", 100_000_000, 422),
        ("XYZ", 50, 422),
        ("VEF", 50, 422),
    ],
)
def test_a_rate_is_refused_where_it_is_set(coach: Person, currency: str, rate: float, status: int) -> None:
    wish = {"hourly_rate": rate, "currency": currency, "durations": [60], "prices": []}

    answer = coach.ask("PATCH", "/coach/me", json=wish)

    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] in {"/hourly_rate", "/currency"}


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_the_limits_of_each_currency_hold_where_a_rate_is_set(coach: Person, currency: str) -> None:
    step, least, most = smallest_step(currency), least_of(currency), maximum(currency).amount
    minor = {least: 200, least - step: 422, most: 200, most + step: 422, least + step: 200}
    finest = Decimal(step).scaleb(-digits(currency))
    major = {Money(amount, currency).major: status for amount, status in minor.items()}

    for rate, status in {**major, 1000 + finest / 10: 422}.items():
        wish = f'{{"hourly_rate": {rate:f}, "currency": "{currency}", "durations": [60], "prices": []}}'
        answer = coach.ask("PATCH", "/coach/me", content=wish, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, (rate, answer.text)


def least_of(currency: str) -> int:
    return MINIMUM.get(currency, smallest_step(currency))


@pytest.mark.parametrize(("currency", "rate", "minutes"), [("SEK", 5, 30), ("HUF", 300, 25), ("JPY", 90, 30)])
def test_a_rate_whose_shortest_session_falls_below_is_refused(
    coach: Person, currency: str, rate: float, minutes: int
) -> None:
    wish = {"hourly_rate": rate, "currency": currency, "durations": [minutes, 60], "prices": []}

    answer = coach.ask("PATCH", "/coach/me", json=wish)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/hourly_rate")


@pytest.mark.parametrize(("currency", "minor"), [("SEK", 200), ("THB", 900), ("INR", 10**9)])
def test_a_price_from_before_is_refused_where_it_is_booked(
    client: Person, coach: Person, currency: str, minor: int
) -> None:
    rate = text("UPDATE coach SET hourly_rate_minor = :minor, currency = :currency")
    db.session.execute(rate, {"minor": minor, "currency": currency})
    db.session.commit()
    wish = {
        "coach_id": str(coach.id),
        "session_datetime": next_week().isoformat(),
        "duration_minutes": 60,
        "notes": "",
    }

    answer = client.post("/booking", json=wish)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/duration_minutes")
    assert "charge" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(("currency", "rate"), [("IDR", 9_999_999_999.99), ("COP", 99_999_999.99)])
def test_the_largest_amounts_are_paid_kept_and_given_back(
    shop: Shop, client: Person, coach: Person, currency: str, rate: float
) -> None:
    coach.open_for_business(hourly_rate=rate, currency=currency, durations=[60])
    booking, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    earnings = coach.get("/coach/me/earnings").json()
    assert str(rate) in str(earnings)

    client.post(f"/booking/{booking['id']}/cancel", json={})
    for row in shop.rows(Refund):
        shop.work(submission.issue, row.id)

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", rate)
    (kept,) = shop.rows(Payment)
    assert kept.price.major == Decimal(str(rate))


@pytest.mark.parametrize(("currency", "rate"), [("XAF", 250), ("KWD", 0.1), ("VND", 12_000)])
def test_what_converts_to_too_little_is_told_and_the_time_is_not_stuck(
    shop: Shop, client: Person, coach: Person, currency: str, rate: float
) -> None:
    coach.open_for_business(hourly_rate=rate, currency=currency)
    booking = client.books(coach)

    for _ in range(2):
        answer: Any = client.post("/payment/checkout", json={"booking_id": booking["id"], **URLS})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/amount-not-chargeable")
        assert "must convert to at least" in answer.json()["detail"]

    assert {payment.status for payment in shop.rows(Payment)} == {"failed"}
    assert client.post(f"/booking/{booking['id']}/cancel", json={}).is_success
    coach.open_for_business(hourly_rate=50, currency="EUR")
    assert client.books(coach)["status"] == "pending"


@pytest.mark.parametrize(
    ("currency", "rate", "part"), [("SEK", 30, 0.01), ("HUF", 9000, 1), ("JPY", 5000, 1)]
)
def test_a_refund_may_be_smaller_than_any_charge(
    shop: Shop, client: Person, coach: Person, currency: str, rate: float, part: float
) -> None:
    coach.open_for_business(hourly_rate=rate, currency=currency)
    _, checkout = shop.pays_for(client, coach)

    wish = {"amount": part, "reason": "a kindness"}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202
    for row in shop.rows(Refund):
        shop.work(submission.issue, row.id)

    assert client.payment(checkout)["amount_refunded"] == part
