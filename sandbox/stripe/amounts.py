"""Amounts in minor units: which a currency allows, and how they are written for people
(Stripe: "Supported currencies", "Minimum and maximum charge amounts")."""

import json
from pathlib import Path
from typing import Any

from sandbox.stripe.errors import InvalidParameter

CURRENCIES: dict[str, Any] = json.loads(Path(__file__).with_name("currencies.json").read_text("utf-8"))
SUPPORTED = frozenset(CURRENCIES["supported"])
ZERO_DECIMAL = frozenset(CURRENCIES["zero_decimal"])
THREE_DECIMAL = frozenset(CURRENCIES["three_decimal"])
WHOLE_HUNDREDS = frozenset(("isk", "ugx"))  # sent with two decimals that must be 00
MINIMUMS: dict[str, int] = CURRENCIES["minimums"]
CONVERTED: dict[str, int] = CURRENCIES[
    "worth_half_a_dollar"
]  # must convert to the settlement currency's least
SYMBOLS: dict[str, str] = CURRENCIES["symbols"]
DIGITS: dict[str, int] = CURRENCIES["maximum_digits"]


def decimals(currency: str) -> int:
    """How many decimals the currency's minor unit stands for at Stripe."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def written(amount: int, currency: str) -> str:
    """The amount as a page shows it: `€75.00`, `¥7,500`, `KWD 23.500`."""
    places = 0 if currency in WHOLE_HUNDREDS else decimals(currency)
    number = f"{abs(amount) / 10 ** decimals(currency):,.{places}f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency.upper() + ' ')}{number}"


def check_currency(currency: str, param: str) -> str:
    """The currency in lower case; refuses one that Stripe does not know."""
    lower = currency.lower()
    if lower not in SUPPORTED:
        listed = ", ".join(sorted(SUPPORTED))
        raise InvalidParameter(
            f"Invalid currency: {lower}. Stripe currently supports these currencies: {listed}", param=param
        )
    return lower


def check_unit(amount: int, currency: str, param: str) -> None:
    """Refuse a negative amount, and one finer than the card networks can settle."""
    if amount < 0:
        raise InvalidParameter("Invalid non-negative integer", code="parameter_invalid_integer", param=param)
    if currency in WHOLE_HUNDREDS and amount % 100:
        raise InvalidParameter(
            f"Invalid amount: {currency.upper()} has no decimals, so amounts must be divisible by 100",
            param=param,
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise InvalidParameter(
            f"Invalid amount: {currency.upper()} amounts must be rounded to the nearest ten", param=param
        )


def check_total(amount: int, currency: str, what: str, param: str | None = None) -> None:
    """Refuse a charge below the currency's minimum or above the maximum; `what` begins the message."""
    least, largest = MINIMUMS.get(currency, 1), 10 ** DIGITS.get(currency, 8) - 1
    if amount < CONVERTED.get(currency, 1):
        raise InvalidParameter(
            f"{what} must convert to at least 50 cents. {written(amount, currency)} converts to"
            f" approximately ${amount / CONVERTED[currency] / 2:.2f}.",
            code="amount_too_small",
            param=param,
        )
    if amount < least:
        raise InvalidParameter(
            f"{what} must add up to at least {written(least, currency)} {currency}",
            code="amount_too_small",
            param=param,
        )
    if amount > largest:
        raise InvalidParameter(
            f"{what} must be no more than {written(largest, currency)}", code="amount_too_large", param=param
        )
