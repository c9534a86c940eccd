"""What Stripe's objects say of a payment, whichever of them says it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.money import Money

StripeObject = dict[str, Any]
Outcome = str | None
"""Why there was nothing to do; None when something was done."""
Handler = Callable[[StripeObject, datetime], Outcome]
"""Applies the object of an event, given when Stripe says that it happened."""


class Mismatch(Exception):
    """Stripe's word and our books differ in mode, amount, currency or ids: nothing may be done on it."""


@dataclass(frozen=True)
class Told:
    """What an object of Stripe's says of one payment."""

    session_id: str | None
    intent_id: str | None
    payment_id: UUID | None
    amount: Money | None
    livemode: bool


DELAYED_METHODS = frozenset(
    {
        "acss_debit",
        "au_becs_debit",
        "bacs_debit",
        "boleto",
        "customer_balance",
        "konbini",
        "multibanco",
        "nz_bank_account",
        "oxxo",
        "sepa_debit",
        "sofort",
        "us_bank_account",
    }
)
"""Payment methods whose answer comes after the payer has left (Stripe: "Delayed notification methods")."""


def is_returned(intent: StripeObject) -> bool:
    """Whether the attempt that failed was a charge that the payer's bank had been asked for."""
    error = intent.get("last_payment_error") or {}
    method = error.get("payment_method") or {}
    return bool(error.get("charge")) and isinstance(method, dict) and method.get("type") in DELAYED_METHODS


def of_session(session: StripeObject) -> Told:
    return Told(
        session_id=session["id"],
        intent_id=_id(session.get("payment_intent")),
        payment_id=claimed_payment(session),
        amount=_money(session.get("amount_total"), session.get("currency")),
        livemode=session["livemode"],
    )


def of_intent(intent: StripeObject, amount: int) -> Told:
    return Told(
        session_id=None,
        intent_id=_id(intent["id"]),
        payment_id=claimed_payment(intent),
        amount=_money(amount, intent["currency"]),
        livemode=intent["livemode"],
    )


def _id(reference: Any) -> str | None:
    """The id of an object that Stripe may have expanded."""
    identifier: str | None = reference["id"] if isinstance(reference, dict) else reference
    return identifier


def claimed_payment(subject: StripeObject) -> UUID | None:
    """Which payment of ours an object says that it is about."""
    metadata = subject.get("metadata")
    try:
        return UUID(str(metadata["payment_id"])) if isinstance(metadata, dict) else None
    except (KeyError, ValueError):
        return None


def _money(amount: int | None, currency: str | None) -> Money | None:
    return Money(amount, currency.upper()) if amount is not None and currency else None
