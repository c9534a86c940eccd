"""Refunds, as Stripe makes them."""

from dataclasses import dataclass
from uuid import UUID

import stripe
from stripe.params import RefundCreateParams

from app.money import Money
from app.payments.gateway import api


@dataclass(frozen=True)
class RefundOrder:
    """What is to go back of which payment, and from where. The same order always gives the same refund."""

    refund_id: UUID
    payment_intent_id: str
    amount: Money
    failures: int
    """How often Stripe broke: it would break again under the same idempotency key."""
    from_coach: bool
    """Whether it comes back from the coach's account that it was sent on to."""
    with_commission: bool
    """Whether our commission goes back to that account in proportion."""


@dataclass(frozen=True)
class StripeRefund:
    id: str
    status: str
    failure_reason: str | None


def make(order: RefundOrder) -> StripeRefund:
    """Send money back, once however often it is asked for. Raises StripeAway, StripeRefused.

    https://docs.stripe.com/connect/destination-charges#issue-refunds
    """
    params: RefundCreateParams = {
        "payment_intent": order.payment_intent_id,
        "amount": order.amount.amount,
        "metadata": {"refund_id": str(order.refund_id)},
    }
    if order.from_coach:
        params["reverse_transfer"] = True
    if order.with_commission:
        params["refund_application_fee"] = True
    key = f"refund-{order.refund_id}-{order.failures}"
    return _refund(api.call(lambda: api.v1().refunds.create(params, {"idempotency_key": key})))


def find(refund_id: UUID, payment_intent_id: str) -> StripeRefund | None:
    """The refund that Stripe made for us although it broke in answering. Raises StripeAway, StripeRefused."""
    made = api.call(
        lambda: list(api.v1().refunds.list({"payment_intent": payment_intent_id}).auto_paging_iter())
    )
    ours = (
        each for each in made if each.metadata and each.metadata.to_dict().get("refund_id") == str(refund_id)
    )
    return next((_refund(each) for each in ours), None)


def _refund(made: stripe.Refund) -> StripeRefund:
    return StripeRefund(made.id, made.status or "pending", getattr(made, "failure_reason", None))
