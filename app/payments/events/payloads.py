"""What Stripe's objects say of a payment, whichever of them says it.

Stripe adds values to its enumerations, and many of its fields may be null. What decides over money is read by
the functions below, which refuse a value that they do not know; everything else is taken as it comes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from app.money.money import Money
from app.payments.status import RefundStatus
from app.unicode_text import storable

StripeObject = dict[str, Any]
Outcome = str | None
"""Why there was nothing to do; None when something was done."""
Handler = Callable[[StripeObject, datetime], Outcome]
"""Applies the object of an event, given when Stripe says that it happened."""
Kind = TypeVar("Kind", str, int, bool, list[Any], dict[str, Any])
Choice = TypeVar("Choice", bound=StrEnum)


MAX_INTEGER = 2**63 - 1
"""Of PostgreSQL's bigint."""


class Mismatch(Exception):
    """Stripe's word and our books differ in mode, amount, currency or ids: nothing may be done on it."""


class Unstorable(Mismatch):
    """A value fits no column of ours, such as a number that is too large: another try would end alike."""


class Unreadable(Mismatch):
    """A field that decides over money is missing or null, or has a value that we do not know."""

    def __init__(self, thing: StripeObject, field: str) -> None:
        said = repr(thing.get(field))[:100]
        super().__init__(f"{thing.get('object')} {thing.get('id')}: we cannot read {field}, which is {said}")


def required(thing: StripeObject, field: str, kind: type[Kind]) -> Kind:
    """A field that must be there. Raises Unreadable where it is missing, null or of another type, and where
    no column of ours could hold it.
    """
    value = thing.get(field)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Unreadable(thing, field)
    if (isinstance(value, str) and value != storable(value)) or (
        isinstance(value, int) and abs(value) > MAX_INTEGER
    ):
        raise Unreadable(thing, field)
    return value


def instant(thing: StripeObject, field: str) -> datetime:
    """A field that tells a time in seconds since 1970. Raises Unreadable, also for one in no calendar."""
    try:
        return datetime.fromtimestamp(required(thing, field, int), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(thing, field) from None


def one_of(thing: StripeObject, field: str, choices: type[Choice]) -> Choice:
    """A field that has one of these values. Raises Unreadable for a new one, and for none."""
    try:
        return choices(text_or_none(thing, field) or "")
    except ValueError:
        raise Unreadable(thing, field) from None


def refund_status(refund: StripeObject) -> RefundStatus:
    """How a refund stands; null says that it is not decided. Raises Unreadable for a new value."""
    if "status" in refund and refund["status"] is None:
        return RefundStatus.PENDING
    return one_of(refund, "status", RefundStatus)


def text_or_none(thing: StripeObject, field: str) -> str | None:
    """A field that nothing depends on."""
    value = thing.get(field)
    return storable(value) if isinstance(value, str) else None


@dataclass(frozen=True)
class ReportedPayment:
    """What an object of Stripe's says of one payment."""

    session_id: str | None
    intent_id: str | None
    payment_id: UUID | None
    amount: Money | None
    livemode: bool | None


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
    said = intent.get("last_payment_error")
    error = said if isinstance(said, dict) else {}
    method = error.get("payment_method")
    is_delayed = isinstance(method, dict) and text_or_none(method, "type") in DELAYED_METHODS
    return bool(error.get("charge")) and is_delayed


def of_session(session: StripeObject) -> ReportedPayment:
    return ReportedPayment(
        session_id=text_or_none(session, "id"),
        intent_id=reference_id(session.get("payment_intent")),
        payment_id=claimed_payment(session),
        amount=_money(session.get("amount_total"), session.get("currency")),
        livemode=session.get("livemode"),
    )


def of_intent(intent: StripeObject, amount: object) -> ReportedPayment:
    return ReportedPayment(
        session_id=None,
        intent_id=reference_id(intent.get("id")),
        payment_id=claimed_payment(intent),
        amount=_money(amount, intent.get("currency")),
        livemode=intent.get("livemode"),
    )


def of_charge(charge: StripeObject) -> ReportedPayment:
    return ReportedPayment(
        session_id=None,
        intent_id=reference_id(charge.get("payment_intent")),
        payment_id=claimed_payment(charge),
        amount=_money(charge.get("amount"), charge.get("currency")),
        livemode=charge.get("livemode"),
    )


def reference_id(reference: object) -> str | None:
    """The id of an object that Stripe may have expanded, or may not name."""
    identifier = reference.get("id") if isinstance(reference, dict) else reference
    return identifier if isinstance(identifier, str) and identifier == storable(identifier) else None


def claimed_payment(subject: StripeObject) -> UUID | None:
    """Which payment of ours an object says that it is about."""
    try:
        return UUID(str(metadata_of(subject).get("payment_id")))
    except ValueError:
        return None


def metadata_of(subject: StripeObject) -> dict[str, Any]:
    """What we wrote on an object, if anything."""
    metadata = subject.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _money(amount: object, currency: object) -> Money | None:
    """None where Stripe does not say: it differs from every amount on our books."""
    if not isinstance(amount, int) or not isinstance(currency, str):
        return None
    return Money(amount, currency.upper())
