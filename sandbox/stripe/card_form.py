"""The card form of the hosted page: what may be typed, and what Checkout says of mistakes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.stripe.cards import CardHolder, TestCard, card_of
from sandbox.stripe.email_addresses import looks_like_email

FIELDS = ("email", "card_number", "expiry", "cvc", "name", "country", "postal_code")
LENGTHS = {14, 15, 16, 19}


@dataclass
class CardForm:
    """The values as typed, and the message at each field that is wrong."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, fields: Mapping[str, str], now: int, email: str | None = None) -> "CardForm":
        """The form as it was sent, checked; `email` stands in where the session prescribes one."""
        values = {name: fields.get(name, "").strip() for name in FIELDS}
        values["email"] = email or values["email"]
        form = cls(values)
        form._check(now)
        return form

    @property
    def number(self) -> str:
        """The card number, digits only."""
        return re.sub(r"[\s-]", "", self.values["card_number"])

    @property
    def card(self) -> TestCard:
        """What this number does."""
        return card_of(self.number)

    @property
    def payer(self) -> CardHolder:
        """Everything but the number; only of a form without errors."""
        month, year = _expiry(self.values["expiry"]) or (0, 0)
        return CardHolder(
            email=self.values["email"],
            name=self.values["name"] or None,
            country=self.values["country"] or "US",
            postal_code=self.values["postal_code"] or None,
            exp_month=month,
            exp_year=year,
            last4=self.number[-4:],
            fingerprint=hashlib.sha256(self.number.encode()).hexdigest()[:16],
        )

    def without_cvc(self) -> dict[str, str]:
        """What the page shows again: a security code is never sent back."""
        return {**self.values, "cvc": ""}

    def _check(self, now: int) -> None:
        if not looks_like_email(self.values["email"]):
            self.errors["email"] = "Your email is invalid." if self.values["email"] else "Required"
        self._check_number()
        self._check_expiry(now)
        self._check_cvc()

    def _check_number(self) -> None:
        number = self.number
        if not number:
            self.errors["card_number"] = "Required"
        elif not number.isascii() or not number.isdigit() or not _luhn(number):
            self.errors["card_number"] = "Your card number is invalid."
        elif len(number) not in LENGTHS:
            self.errors["card_number"] = "Your card number is incomplete."

    def _check_expiry(self, now: int) -> None:
        expiry = _expiry(self.values["expiry"])
        today = datetime.fromtimestamp(now, UTC)
        if expiry is None:
            self.errors["expiry"] = "Your card's expiration date is incomplete."
        elif not 1 <= expiry[0] <= 12 or expiry[1] > today.year + 50:
            self.errors["expiry"] = "Your card's expiration date is invalid."
        elif (expiry[1], expiry[0]) < (today.year, today.month):
            self.errors["expiry"] = "Your card's expiration date is in the past."

    def _check_cvc(self) -> None:
        wanted = 4 if self.number.startswith(("34", "37")) else 3
        if not re.fullmatch(rf"\d{{{wanted}}}", self.values["cvc"], re.ASCII):
            self.errors["cvc"] = "Your card's security code is incomplete."


def _expiry(text: str) -> tuple[int, int] | None:
    """Month and full year of `12/34`, `12 / 34`, `1234` or `12/2034`."""
    match = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{4}|\d{2})|(\d{2})(\d{2})", text, re.ASCII)
    if match is None:
        return None
    month, year = int(match[1] or match[3]), int(match[2] or match[4])
    return month, year if year > 99 else 2000 + year


def _luhn(number: str) -> bool:
    """Whether the check digit is right."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
