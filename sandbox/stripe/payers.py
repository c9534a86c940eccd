"""Who pays, and what all they can pay with has in common."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.stripe.objects import Json


class OnRefund(StrEnum):
    """What becomes of a refund to a card or an account."""

    SUCCEEDS = "succeeds"
    PENDS = "pends"  # pending first, then succeeded
    FAILS = "fails"  # succeeded first, then failed


@dataclass(frozen=True)
class Instrument:
    """A test card or test account: what becomes of a payment made with it."""

    dispute: str | None = None  # the reason the payment is disputed for
    inquiry: bool = False  # the dispute is only an inquiry
    on_refund: OnRefund = OnRefund.SUCCEEDS
    available_at_once: bool = False


@dataclass(frozen=True)
class Payer:
    """What the payer typed, the number itself excepted."""

    email: str
    name: str | None
    country: str | None
    postal_code: str | None
    last4: str
    fingerprint: str  # the same for the same number

    def address(self) -> Json:
        """The address, of which Checkout asks the country and the postal code."""
        empty = dict.fromkeys(("city", "line1", "line2", "state"))
        return {**empty, "country": self.country, "postal_code": self.postal_code}

    def billing_details(self) -> Json:
        """As payment methods and charges show it."""
        return {
            "address": self.address(),
            "email": self.email,
            "name": self.name,
            "phone": None,
            "tax_id": None,
        }
