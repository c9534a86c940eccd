"""Money: an integer amount in the currency's minor unit, and the currency's ISO code.

Decimals, minimum and maximum charges are those of Stripe's pages "Supported currencies" and "Minimum and
maximum charge amounts".
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
"""Currencies without decimals that Stripe counts in hundredths."""
_TWO_DECIMAL = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY"
    " COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD"
    " KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK"
    " NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS WST XCD XCG YER ZAR ZMW"
)
TWO_DECIMAL = frozenset(_TWO_DECIMAL.split())
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | WHOLE_IN_HUNDREDTHS | TWO_DECIMAL
_HALF_A_UNIT = "ARS AUD BRL CAD CHF COP EUR IDR ILS INR NZD PHP RUB SGD USD ZAR"
MINIMUM = {
    **dict.fromkeys(_HALF_A_UNIT.split(), 50),
    **dict.fromkeys(["JPY", "KRW"], 50),
    **dict.fromkeys(["AED", "MYR", "PLN", "RON"], 200),
    **dict.fromkeys(["NOK", "SEK"], 300),
    **dict.fromkeys(["MXN", "THB"], 1000),
    "GBP": 30,
    "DKK": 250,
    "HKD": 400,
    "CZK": 1500,
    "HUF": 17500,
}
"""Stripe's minimum charge in minor units, for currencies that have one.

Stripe checks again after conversion into the account's settlement currency.
"""
MAXIMUM_DIGITS = {"IDR": 12, "COP": 10, "INR": 9}
"""Digits of the maximum charge in minor units, accepted by every payment method, if not eight."""


class BadAmount(ValueError):
    """The amount cannot be charged in its currency; the message says why."""


@dataclass(frozen=True)
class Money:
    amount: int
    """Minor units, as Stripe counts them."""
    currency: str
    """Upper-case ISO 4217 code."""

    @classmethod
    def of(cls, major: Decimal, currency: str) -> Self:
        """From major units (75.00). Raises BadAmount for a fraction that the currency does not have."""
        minor = major.scaleb(digits(currency))
        if minor != minor.to_integral_value() or int(minor) % smallest_step(currency):
            raise BadAmount(f"must have no smaller fraction than {currency} has, unlike {major}")
        return cls(int(minor), currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.amount).scaleb(-digits(self.currency))

    def __str__(self) -> str:
        """Formatted for a reader: 75.00 EUR, 7,500 JPY, 1.250 KWD."""
        shown = 0 if self.currency in WHOLE_IN_HUNDREDTHS else digits(self.currency)
        return f"{self.major:,.{shown}f} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        """Raises ValueError for two currencies."""
        if self.currency != other.currency:
            raise ValueError(f"{self} and {other} do not add up")
        return Money(self.amount + other.amount, self.currency)

    def for_minutes(self, minutes: int) -> "Money":
        """The price of a session of `minutes` at this hourly rate, rounded half up to a payable amount."""
        step = smallest_step(self.currency)
        steps = (2 * self.amount * minutes + 60 * step) // (120 * step)
        return Money(steps * step, self.currency)

    def percent(self, percent: int) -> "Money":
        """`percent` of the amount, rounded half up to a payable amount; at most the whole."""
        step = smallest_step(self.currency)
        steps = (2 * self.amount * percent + 100 * step) // (200 * step)
        return Money(min(steps * step, self.amount), self.currency)

    def check_chargeable(self) -> None:
        """Raises BadAmount when Stripe would refuse to charge this."""
        least = MINIMUM.get(self.currency, smallest_step(self.currency))
        if self.amount < least:
            raise BadAmount(f"must be {Money(least, self.currency)} or more, the smallest charge")
        if self.amount > maximum(self.currency).amount:
            raise BadAmount(f"must be {maximum(self.currency)} or less, the largest charge")


def digits(currency: str) -> int:
    """The number of decimal digits between the major unit and Stripe's minor unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def maximum(currency: str) -> Money:
    """Stripe's maximum charge."""
    largest = 10 ** MAXIMUM_DIGITS.get(currency, 8) - 1
    return Money(largest - largest % smallest_step(currency), currency)


def smallest_step(currency: str) -> int:
    """The step of payable amounts in minor units."""
    if currency in WHOLE_IN_HUNDREDTHS:
        return 100
    return 10 if currency in THREE_DECIMAL else 1
