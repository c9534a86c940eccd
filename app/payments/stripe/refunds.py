"""Refunds at Stripe."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

from stripe.params import RefundCreateParams, RefundListParams

from app.money.money import Money
from app.payments.events.payloads import (
    StripeObject,
    Unreadable,
    metadata_of,
    refund_status,
    required,
    text_or_none,
)
from app.payments.status import RefundReason, RefundStatus
from app.payments.stripe import client as stripe_client

ALREADY_REFUNDED = "charge_already_refunded"
"""Stripe's code for a charge that is already fully refunded."""
DISPUTED = frozenset({"charge_disputed", "refund_disputed_payment"})
"""Stripe's codes for a disputed charge."""
_WRONG_KEY = frozenset({"livemode_mismatch", "testmode_charges_only", "platform_account_required"})
"""Stripe's codes for a key of another account or mode than the payment's."""
_NO_BALANCE = frozenset({"insufficient_balance_for_refund", "balance_insufficient", "insufficient_funds"})
_NO_BALANCE_MESSAGE = re.compile(
    r"insufficient_balance|insufficient (available )?(funds|balance)", re.IGNORECASE
)
"""The message of this refusal, which has no `code`."""
_MORE_THAN_IS_LEFT = re.compile(r"refund amount .*is greater than", re.IGNORECASE)
"""The message of this refusal, which has no `code` either."""

_ASKS_THE_PAYER = frozenset(
    {"boleto", "customer_balance", "konbini", "multibanco", "oxxo", "paynow", "promptpay"}
)
"""Methods whose payer must give bank details (Stripe: "Refunds", "Refund destinations")."""


def asks_the_payer(method: str | None) -> bool:
    """Whether Stripe mails the payer for bank details. Not for unknown methods."""
    return method in _ASKS_THE_PAYER


@dataclass(frozen=True)
class RefundOrder:
    """The order of a refund. The same order always returns the same refund."""

    deployment_id: UUID
    refund_id: UUID
    payment_intent_id: str
    amount: Money
    failures: int
    """Stripe's server errors so far, which it would repeat under the same idempotency key."""
    reason: RefundReason | None
    instructions_email: str | None
    """The address at which Stripe asks the payer for bank details."""
    from_coach: bool
    """Whether the transfer to the coach's account is reversed."""
    with_commission: bool
    """Whether our commission is returned to that account in proportion."""


@dataclass(frozen=True)
class StripeRefund:
    id: str
    status: RefundStatus
    failure_reason: str | None


class Refusal(Enum):
    """The kind of a refused refund."""

    OVERTAKEN = auto()
    """The amount exceeds the rest: some was refunded another way."""
    DISPUTED = auto()
    """A dispute holds the money until the bank has decided."""
    NO_BALANCE = auto()
    """Our balance at Stripe is too low for now."""
    WRONG_KEY = auto()
    """The payment is unknown under our key, as after a change of keys."""
    FINAL = auto()
    """A retry would be refused again."""

    @classmethod
    def of(cls, error: stripe_client.StripeRefused) -> "Refusal":
        if error.code in DISPUTED:
            return cls.DISPUTED
        if error.code == ALREADY_REFUNDED or _MORE_THAN_IS_LEFT.search(str(error)):
            return cls.OVERTAKEN
        if error.code in _WRONG_KEY or (error.code == "resource_missing" and error.param == "payment_intent"):
            return cls.WRONG_KEY
        if error.code in _NO_BALANCE or (not error.code and _NO_BALANCE_MESSAGE.search(str(error))):
            return cls.NO_BALANCE
        return cls.FINAL


def make(order: RefundOrder) -> StripeRefund:
    """Create a refund, once for each order. Raises StripeAway, StripeRefused.

    The idempotency key contains the row's id and no deployment id: only a copy of our database has the same
    row, and the client must get the money once. Stripe refuses the second of two, which then finds the first.
    https://docs.stripe.com/connect/destination-charges#issue-refunds
    """
    params: RefundCreateParams = {
        "payment_intent": order.payment_intent_id,
        "amount": order.amount.amount,
        "metadata": {"deployment_id": str(order.deployment_id), "refund_id": str(order.refund_id)},
    }
    if order.reason:
        params["reason"] = order.reason.value
    if order.instructions_email:
        params["instructions_email"] = order.instructions_email
    if order.from_coach:
        params["reverse_transfer"] = True
    if order.with_commission:
        params["refund_application_fee"] = True
    key = f"refund-{order.refund_id}-{order.failures}"
    return stripe_client.call(
        lambda: _refund(stripe_client.v1().refunds.create(params, {"idempotency_key": key}).to_dict())
    )


def find(refund_id: UUID, payment_intent_id: str) -> StripeRefund | None:
    """Find a refund that Stripe made although its answer failed. Raises StripeAway, StripeRefused."""
    made = of_payment(payment_intent_id)
    ours = (each for each in made if metadata_of(each).get("refund_id") == str(refund_id))
    return stripe_client.call(lambda: next((_refund(each) for each in ours), None))


def of_payment(payment_intent_id: str) -> Sequence[StripeObject]:
    """All refunds of a payment, in the form of events. Raises StripeAway, StripeRefused."""
    listed: RefundListParams = {"payment_intent": payment_intent_id, "limit": 100}
    return stripe_client.call(
        lambda: [made.to_dict() for made in stripe_client.v1().refunds.list(listed).auto_paging_iter()]
    )


def _refund(made: StripeObject) -> StripeRefund:
    return StripeRefund(required(made, "id", str), _status(made), text_or_none(made, "failure_reason"))


def _status(made: StripeObject) -> RefundStatus:
    """The created refund. An unknown status is left to a later event."""
    try:
        return refund_status(made)
    except Unreadable:
        return RefundStatus.PENDING
