"""Which payment methods a page offers: none that holds a time for days, and no currency but ours."""

from datetime import timedelta

import pytest

from tests.configuration import Configure
from tests.people import Checkout, Person, next_week
from tests.shop import Shop

EVERYTHING = ["card", "sepa_debit", "boleto", "konbini", "multibanco", "oxxo"]
VOUCHERS = {"EUR": "multibanco", "BRL": "boleto", "JPY": "konbini", "MXN": "oxxo"}


@pytest.fixture
def all_on(shop: Shop) -> Shop:
    """Somebody has switched on every method in the dashboard."""
    shop.sandbox.control("/payment-methods", on=EVERYTHING)
    return shop


@pytest.fixture
def vouchers(configure: Configure) -> None:
    """As VOUCHER_DAYS_AHEAD=14."""
    configure(voucher_days_ahead=14)


def offered(shop: Shop, checkout: Checkout) -> list[str]:
    found: list[str] = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")[
        "payment_method_types"
    ]
    return found


@pytest.mark.parametrize("currency", VOUCHERS)
def test_no_voucher_holds_a_time(all_on: Shop, client: Person, coach: Person, currency: str) -> None:
    coach.open_for_business(currency=currency, hourly_rate=7500)

    methods = offered(all_on, client.checks_out(client.books(coach)))

    assert methods == (["card", "sepa_debit"] if currency == "EUR" else ["card"])


def test_no_bank_transfer_holds_a_time_however_far_ahead(
    all_on: Shop, vouchers: None, client: Person, coach: Person
) -> None:
    for days in (0, 30):
        checkout = client.checks_out(client.books(coach, next_week() + timedelta(days=days)))
        session = all_on.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")
        assert "customer_balance" in session["excluded_payment_method_types"]


@pytest.mark.parametrize("currency", VOUCHERS)
def test_a_voucher_is_taken_for_a_session_that_is_far_enough_ahead(
    all_on: Shop, vouchers: None, client: Person, coach: Person, currency: str
) -> None:
    coach.open_for_business(currency=currency, hourly_rate=7500)
    near, far = next_week() + timedelta(days=6), next_week() + timedelta(days=8)

    assert VOUCHERS[currency] not in offered(all_on, client.checks_out(client.books(coach, near)))
    assert VOUCHERS[currency] in offered(all_on, client.checks_out(client.books(coach, far)))


def test_of_a_series_the_first_session_counts(
    all_on: Shop, vouchers: None, client: Person, coach: Person
) -> None:
    series = client.books_series(coach, 3)

    assert "multibanco" not in offered(all_on, client.checks_out(series))


def test_a_client_pays_in_the_currency_of_the_booking(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))

    session = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")

    assert session["adaptive_pricing"] == {"enabled": False}
