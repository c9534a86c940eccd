"""Refunds, as Stripe makes them."""

from dataclasses import dataclass
from uuid import UUID

import stripe

from app.money import Money
from app.payments.gateway import api


@dataclass(frozen=True)
class StripeRefund:
    id: str
    status: str
    failure_reason: str | None


def make(refund_id: UUID, payment_intent_id: str, amount: Money, failures: int) -> StripeRefund:
    """Send money back, once however often it is asked for. Raises StripeAway, StripeRefused.

    `failures` counts the times that Stripe broke: it would break again under the same idempotency key.
    """
    made = api.call(
        lambda: api.v1().refunds.create(
            {
                "payment_intent": payment_intent_id,
                "amount": amount.amount,
                "metadata": {"refund_id": str(refund_id)},
            },
            {"idempotency_key": f"refund-{refund_id}-{failures}"},
        )
    )
    return _refund(made)


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
