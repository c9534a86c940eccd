"""The bank account form of the hosted page: what may be typed, and what Checkout says of mistakes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.stripe.email_addresses import looks_like_email
from sandbox.stripe.ibans import LENGTHS, TEST_IBANS, TestIban, is_iban
from sandbox.stripe.payers import Payer

FIELDS = ("email", "iban", "account_holder")


@dataclass
class DebitForm:
    """The values as typed, and the message at each field that is wrong."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, fields: Mapping[str, str], email: str | None = None) -> "DebitForm":
        """The form as it was sent, checked; `email` stands in where the session prescribes one.

        The holder may come as `name`, as the card form calls it.
        """
        form = cls({name: fields.get(name, "").strip() for name in FIELDS})
        form.values["email"] = email or form.values["email"]
        form.values["account_holder"] = form.values["account_holder"] or fields.get("name", "").strip()
        form._check()
        return form

    @property
    def iban(self) -> str:
        """The IBAN without spaces."""
        return re.sub(r"\s", "", self.values["iban"]).upper()

    @property
    def account(self) -> TestIban:
        """What this account does; only of a form without errors."""
        return TEST_IBANS[self.iban]

    @property
    def payer(self) -> Payer:
        """Who pays; only of a form without errors."""
        return Payer(
            email=self.values["email"],
            name=self.values["account_holder"],
            country=self.iban[:2],
            postal_code=None,
            last4=self.iban[-4:],
            fingerprint=hashlib.sha256(self.iban.encode()).hexdigest()[:16],
        )

    def _check(self) -> None:
        if not looks_like_email(self.values["email"]):
            self.errors["email"] = "Your email is invalid." if self.values["email"] else "Required"
        if not self.values["account_holder"]:
            self.errors["account_holder"] = "Required"
        if problem := self._iban_problem():
            self.errors["iban"] = problem

    def _iban_problem(self) -> str | None:
        iban = self.iban
        if not iban:
            return "Required"
        if len(iban) < LENGTHS.get(iban[:2], 15):
            return "The IBAN you entered is incomplete."
        if not is_iban(iban):
            return "The IBAN you entered is invalid."
        if iban not in TEST_IBANS:
            return "This is no test IBAN. One that pays: DE89 3704 0044 0532 0130 00."
        return None
