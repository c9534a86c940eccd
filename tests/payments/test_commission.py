"""The commission on a payment."""

from decimal import Decimal

import pytest

from app.money.money import Money
from app.payments.commission import commission_on


@pytest.mark.parametrize(
    ("price", "percent", "commission"),
    [
        (Money(7500, "EUR"), "10", 750),
        (Money(33, "EUR"), "1.5", 0),
        (Money(50, "EUR"), "1", 1),  # half a cent is rounded up
        (Money(7550, "JPY"), "9.99", 754),
        (Money(12_340, "KWD"), "7.5", 930),
        (Money(150_000, "ISK"), "12.5", 18_800),
        (Money(2_550_000, "HUF"), "0.333", 8492),
        (Money(100, "ISK"), "100", 100),
    ],
)
def test_commission_is_rounded_to_what_its_currency_can_be_paid_in(
    price: Money, percent: str, commission: int
) -> None:
    assert commission_on(price, Decimal(percent)) == Money(commission, price.currency)
