"""Refunds, as Stripe makes them."""

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
"""Stripe's code where all of a charge went back before, as by its dashboard."""
DISPUTED = frozenset({"charge_disputed", "refund_disputed_payment"})
"""Stripe's codes where the payer's bank holds the money."""
_WRONG_KEY = frozenset({"livemode_mismatch", "testmode_charges_only", "platform_account_required"})
"""Stripe's codes for a key that is not of the account, or not of the mode, that the payment was made in."""
_NO_BALANCE = frozenset({"insufficient_balance_for_refund", "balance_insufficient", "insufficient_funds"})
_NO_BALANCE_MESSAGE = re.compile(
    r"insufficient_balance|insufficient (available )?(funds|balance)", re.IGNORECASE
)
"""Stripe words this refusal, and gives it no `code`."""
_MORE_THAN_IS_LEFT = re.compile(r"refund amount .*is greater than", re.IGNORECASE)
"""So it does with this one."""

_ASKS_THE_PAYER = frozenset(
    {"boleto", "customer_balance", "konbini", "multibanco", "oxxo", "paynow", "promptpay"}
)
"""Methods that cannot take money back by themselves (Stripe: "Refunds", "Refund destinations")."""


def asks_the_payer(method: str | None) -> bool:
    """Whether Stripe writes to the payer to learn where a refund is to go; unknown methods do not."""
    return method in _ASKS_THE_PAYER


@dataclass(frozen=True)
class RefundOrder:
    """What is to go back of which payment, and from where. The same order always gives the same refund."""

    deployment_id: UUID
    refund_id: UUID
    payment_intent_id: str
    amount: Money
    failures: int
    """How often Stripe broke: it would break again under the same idempotency key."""
    reason: RefundReason | None
    instructions_email: str | None
    """Where a payer is asked for an account, where the method cannot take money back by itself."""
    from_coach: bool
    """Whether it comes back from the coach's account that it was sent on to."""
    with_commission: bool
    """Whether our commission goes back to that account in proportion."""


@dataclass(frozen=True)
class StripeRefund:
    id: str
    status: RefundStatus
    failure_reason: str | None


class Refusal(Enum):
    """What Stripe's refusal of a refund means for whoever is owed it."""

    OVERTAKEN = auto()
    """More was asked for than is left: some went back another way."""
    DISPUTED = auto()
    """The payer's bank holds the money until it has decided."""
    NO_BALANCE = auto()
    """Our balance at Stripe is too low, for now."""
    WRONG_KEY = auto()
    """Stripe does not know the payment by the key that we ask with, as after a change of keys."""
    FINAL = auto()
    """Asking again would be refused again."""

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
    """Send money back, once however often it is asked for. Raises StripeAway, StripeRefused.

    The key names the row and not the deployment: only a copy of our database has the same row, and the client
    is owed it once. Of two that ask, Stripe refuses the second, which then finds what the first had made.
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
    """The refund that Stripe made for us although it broke in answering. Raises StripeAway, StripeRefused."""
    made = of_payment(payment_intent_id)
    ours = (each for each in made if metadata_of(each).get("refund_id") == str(refund_id))
    return stripe_client.call(lambda: next((_refund(each) for each in ours), None))


def of_payment(payment_intent_id: str) -> Sequence[StripeObject]:
    """Every refund of a payment, whoever made it, as events tell it. Raises StripeAway, StripeRefused."""
    listed: RefundListParams = {"payment_intent": payment_intent_id, "limit": 100}
    return stripe_client.call(
        lambda: [made.to_dict() for made in stripe_client.v1().refunds.list(listed).auto_paging_iter()]
    )


def _refund(made: StripeObject) -> StripeRefund:
    return StripeRefund(required(made, "id", str), _status(made), text_or_none(made, "failure_reason"))


def _status(made: StripeObject) -> RefundStatus:
    """Stripe made it: if it does not say how it stands in words that we know, that is told later."""
    try:
        return refund_status(made)
    except Unreadable:
        return RefundStatus.PENDING
