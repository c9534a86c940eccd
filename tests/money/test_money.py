from decimal import Decimal

import pytest

from app.money.money import CURRENCIES, BadAmount, Money, maximum, smallest_step


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [
        ("75", "EUR", 7500),
        ("75.01", "USD", 7501),
        ("0.5", "GBP", 50),
        ("5000", "JPY", 5000),
        ("1.25", "KWD", 1250),
        ("5000", "ISK", 500_000),
        ("36000", "UGX", 3_600_000),
    ],
)
def test_major_units_become_what_stripe_counts_in_and_back(major: str, currency: str, minor: int) -> None:
    money = Money.of(Decimal(major), currency)

    assert money.amount == minor
    assert money.major == Decimal(major)


@pytest.mark.parametrize(
    ("major", "currency"),
    [("75.001", "EUR"), ("0.5", "JPY"), ("1.255", "KWD"), ("5000.5", "ISK"), ("0.01", "UGX")],
)
def test_a_fraction_that_the_currency_does_not_have_is_refused(major: str, currency: str) -> None:
    with pytest.raises(BadAmount, match=currency):
        Money.of(Decimal(major), currency)


@pytest.mark.parametrize(
    ("rate", "minutes", "price"),
    [
        (Money(7500, "EUR"), 60, 7500),
        (Money(7500, "EUR"), 90, 11250),
        (Money(10000, "EUR"), 50, 8333),  # 83.333… goes down
        (Money(10000, "EUR"), 25, 4167),  # 41.666… goes up
        (Money(101, "EUR"), 30, 51),  # half a cent goes up
        (Money(5001, "JPY"), 30, 2501),
        (Money(1250, "KWD"), 25, 520),  # 0.5208 to the nearest 0.010
        (Money(500_100, "ISK"), 30, 250_100),  # half a króna goes up
    ],
)
def test_a_price_is_rounded_half_up_to_what_can_be_paid(rate: Money, minutes: int, price: int) -> None:
    assert rate.for_minutes(minutes) == Money(price, rate.currency)


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_every_price_in_every_currency_can_be_sent_to_stripe(currency: str) -> None:
    rate = Money.of(Decimal(977), currency)

    for minutes in range(5, 485, 5):
        assert rate.for_minutes(minutes).amount % smallest_step(currency) == 0


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(7500, "EUR"), "75.00 EUR"),
        (Money(5, "USD"), "0.05 USD"),
        (Money(123_456_789, "USD"), "1,234,567.89 USD"),
        (Money(7500, "JPY"), "7,500 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(500_000, "ISK"), "5,000 ISK"),
    ],
)
def test_a_reader_sees_the_decimals_that_the_currency_has(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize(
    "money",
    [
        Money(49, "USD"), Money(49, "EUR"), Money(29, "GBP"), Money(49, "JPY"), Money(17499, "HUF"),
        Money(1499, "CZK"), Money(0, "AUD"), Money(99, "ISK"), Money(100_000_000, "EUR"),
        Money(299, "SEK"), Money(249, "DKK"), Money(399, "HKD"), Money(999, "THB"), Money(49, "ZAR"),
        Money(10**12, "IDR"), Money(10**10, "COP"), Money(10**9, "INR"), Money(10**8, "VND"),
        Money(10**8, "ISK"),
    ],
    ids=str,
)  # fmt: skip
def test_what_stripe_would_not_charge_is_refused(money: Money) -> None:
    with pytest.raises(BadAmount):
        money.check_chargeable()


@pytest.mark.parametrize(
    "money",
    [
        Money(50, "USD"), Money(30, "GBP"), Money(50, "JPY"), Money(17500, "HUF"), Money(300, "SEK"),
        Money(200, "MYR"), Money(50, "KRW"), Money(99_999_999, "EUR"), Money(120_000_000, "IDR"),
        Money(110_000_000, "COP"), Money(999_999_999_999, "IDR"), Money(9_999_999_999, "COP"),
        Money(999_999_999, "INR"), maximum("ISK"), maximum("KWD"),
    ],
    ids=str,
)  # fmt: skip
def test_the_smallest_and_largest_charges_are_fine(money: Money) -> None:
    money.check_chargeable()
