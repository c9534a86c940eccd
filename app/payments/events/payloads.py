"""Reads Stripe's objects.

Stripe adds enum values, and many fields may be null. Fields that decide about money are read by the functions
below, which refuse unknown values; all other fields are optional.
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
"""Why an event was ignored; None if it was applied."""
Handler = Callable[[StripeObject, datetime], Outcome]
"""Applies the object of an event; the second argument is the event's time at Stripe."""
Kind = TypeVar("Kind", str, int, bool, list[Any], dict[str, Any])
Choice = TypeVar("Choice", bound=StrEnum)


MAX_INTEGER = 2**63 - 1
"""The range of PostgreSQL's bigint."""


class Mismatch(Exception):
    """Stripe's object and our books differ in mode, amount, currency or ids: it must not be applied."""


class Unstorable(Mismatch):
    """A value fits no column, such as a number that is too large: a retry would fail as well."""


class Unreadable(Mismatch):
    """A field that decides about money is missing or null, or has an unknown value."""

    def __init__(self, thing: StripeObject, field: str) -> None:
        said = repr(thing.get(field))[:100]
        super().__init__(f"{thing.get('object')} {thing.get('id')}: we cannot read {field}, which is {said}")


def required(thing: StripeObject, field: str, kind: type[Kind]) -> Kind:
    """A required field. Raises Unreadable if it is missing, null, of another type, or fits no column."""
    value = thing.get(field)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Unreadable(thing, field)
    if (isinstance(value, str) and value != storable(value)) or (
        isinstance(value, int) and abs(value) > MAX_INTEGER
    ):
        raise Unreadable(thing, field)
    return value


def instant(thing: StripeObject, field: str) -> datetime:
    """A time field in seconds since 1970. Raises Unreadable, also for a time out of range."""
    try:
        return datetime.fromtimestamp(required(thing, field, int), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(thing, field) from None


def one_of(thing: StripeObject, field: str, choices: type[Choice]) -> Choice:
    """A field with one of these values. Raises Unreadable for another value, and for null."""
    try:
        return choices(text_or_none(thing, field) or "")
    except ValueError:
        raise Unreadable(thing, field) from None


def refund_status(refund: StripeObject) -> RefundStatus:
    """A refund's status; null means undecided. Raises Unreadable for an unknown value."""
    if "status" in refund and refund["status"] is None:
        return RefundStatus.PENDING
    return one_of(refund, "status", RefundStatus)


def text_or_none(thing: StripeObject, field: str) -> str | None:
    """An optional field."""
    value = thing.get(field)
    return storable(value) if isinstance(value, str) else None


@dataclass(frozen=True)
class ReportedPayment:
    """What one of Stripe's objects says about a payment."""

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
"""Delayed notification methods of Stripe: the result comes after the payer has left."""


def is_returned(intent: StripeObject) -> bool:
    """Whether the failed attempt was a charge that reached the payer's bank."""
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
    """The id of an object that may be expanded or absent."""
    identifier = reference.get("id") if isinstance(reference, dict) else reference
    return identifier if isinstance(identifier, str) and identifier == storable(identifier) else None


def claimed_payment(subject: StripeObject) -> UUID | None:
    """The payment of ours that an object names."""
    try:
        return UUID(str(metadata_of(subject).get("payment_id")))
    except ValueError:
        return None


def metadata_of(subject: StripeObject) -> dict[str, Any]:
    """The object's metadata; empty if it has none."""
    metadata = subject.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _money(amount: object, currency: object) -> Money | None:
    """The amount; None if Stripe does not say, which matches no amount in our books."""
    if not isinstance(amount, int) or not isinstance(currency, str):
        return None
    return Money(amount, currency.upper())
