"""Money in every kind of currency, from the coach's price to Stripe's books and back."""

from decimal import Decimal
from typing import Any

import pytest

from app.payments.models import Refund
from app.payments.refunds import submission
from tests.payments.earnings.coach_earnings import pays_out
from tests.people import Person, next_week
from tests.shop import Shop

# What the coach asks an hour, what Stripe is to charge in minor units, and how a mail spells it.
CURRENCIES = [
    pytest.param("EUR", 75, 7500, "75.00 EUR", 25.5, 2550, id="EUR, two decimals"),
    pytest.param("JPY", 12000, 12000, "12,000 JPY", 5000, 5000, id="JPY, none"),
    pytest.param("KWD", 24.5, 24500, "24.500 KWD", 1.25, 1250, id="KWD, three, the last a zero"),
    pytest.param("ISK", 9000, 900000, "9,000 ISK", 1000, 100000, id="ISK, none, but sent in hundredths"),
    pytest.param("UGX", 180000, 18000000, "180,000 UGX", 60000, 6000000, id="UGX, likewise"),
    pytest.param("HUF", 25000, 2500000, "25,000.00 HUF", 999.99, 99999, id="HUF, two decimals"),
]


@pytest.mark.parametrize(("currency", "rate", "minor", "spelled", "part", "part_minor"), CURRENCIES)
def test_what_a_coach_asks_is_what_stripe_takes_and_gives_back(
    shop: Shop,
    client: Person,
    coach: Person,
    currency: str,
    rate: float,
    minor: int,
    spelled: str,
    part: float,
    part_minor: int,
) -> None:
    coach.open_for_business(hourly_rate=rate, currency=currency)
    booking, checkout = shop.pays_for(client, coach)

    assert (booking["amount"], booking["amount_minor"], booking["currency"]) == (rate, minor, currency)
    intent = at_stripe(shop, client, checkout)
    assert (intent["amount_received"], intent["currency"]) == (minor, currency.lower())
    assert client.booking(booking)["status"] == "confirmed"
    mail = next(mail for mail in shop.mails("booking_confirmed") if mail.recipient == client.email)
    assert spelled in mail.text_body

    wish = {"amount": part, "reason": "a kindness"}
    refund = coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).json()
    assert (refund["amount"], refund["amount_minor"]) == (part, part_minor)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    for row in shop.rows(Refund):
        shop.work(submission.issue, row.id)

    assert client.payment(checkout)["status"] == "refunded"
    assert client.payment(checkout)["amount_refunded"] == rate
    charge = shop.at_stripe(f"/v1/charges/{intent['latest_charge']}")
    assert (charge["amount_refunded"], charge["refunded"]) == (minor, True)


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", 0.5), ("KWD", 0.001), ("ISK", 1.5), ("HUF", 0.001), ("EUR", "1e-3")]
)
def test_a_fraction_that_the_currency_does_not_have_is_refused(
    shop: Shop, client: Person, coach: Person, currency: str, amount: Any
) -> None:
    coach.open_for_business(hourly_rate=10000, currency=currency)
    _, checkout = shop.pays_for(client, coach)

    wish = {"amount": amount, "reason": "a kindness"}
    answer = coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/amount")
    assert shop.rows(Refund) == []


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("JPY", 0.5),
        ("KWD", 1.005),
        ("ISK", 1.01),
        ("UGX", 0.5),
        ("TWD", 0.001),
        ("HUF", 0.001),
        ("EUR", -0.001),
    ],
)
def test_no_payout_is_finer_than_its_currency(
    coach: Person, admin: Person, currency: str, amount: float
) -> None:
    answer = pays_out(admin, coach, amount, currency=currency)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/amount")


@pytest.mark.parametrize("currency", ["JPY", "KWD", "ISK", "HUF"])
def test_a_share_by_policy_is_payable_in_the_currency(
    shop: Shop, client: Person, coach: Person, currency: str
) -> None:
    """A third of it, rounded to what Stripe takes, and never more than was paid in all."""
    policy = {
        "tiers": [{"hours_before": 0, "refund_percent": 33}],
        "client_notice_minutes": 0,
        "coach_notice_minutes": 0,
    }
    coach.open_for_business(hourly_rate=10001, currency=currency, cancellation_policy=policy)
    booking = client.books(coach, next_week())
    checkout = client.checks_out(booking)
    shop.deliver_event(shop.paid(checkout))

    client.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    shop.work(submission.issue, refund.id)

    payment = client.payment(checkout)
    assert payment["status"] == "partially_refunded"
    share = Decimal(str(payment["amount_refunded"])) / Decimal(10001)
    assert abs(share - Decimal("0.33")) < Decimal("0.0001")


def at_stripe(shop: Shop, client: Person, checkout: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shop.at_stripe(
        f"/v1/payment_intents/{client.payment(checkout)['stripe_payment_intent_id']}"
    )
    return found
