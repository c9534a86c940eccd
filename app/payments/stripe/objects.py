"""Fetches an object as it is now, in our API version and in the form of its events."""

from collections.abc import Callable
from typing import Protocol

from app.payments.events.payloads import StripeObject
from app.payments.stripe.client import StripeRefused, call, v1


class _Plain(Protocol):
    def to_dict(self, recursive: bool = True, for_json: bool = False) -> StripeObject: ...


def current(kind: str, stripe_id: str) -> StripeObject | None:
    """The object of this kind and id; None if Stripe has none. Raises StripeAway, StripeRefused."""
    retrieve = _retrievers().get(kind)
    if retrieve is None or not stripe_id:
        return None
    try:
        return call(lambda: retrieve(stripe_id).to_dict(for_json=True))
    except StripeRefused as error:
        if error.code == "resource_missing":
            return None
        raise


def _retrievers() -> dict[str, Callable[[str], _Plain]]:
    asked = v1()
    return {
        "checkout.session": asked.checkout.sessions.retrieve,
        "payment_intent": asked.payment_intents.retrieve,
        "charge": asked.charges.retrieve,
        "refund": asked.refunds.retrieve,
        "dispute": asked.disputes.retrieve,
        "radar.early_fraud_warning": asked.radar.early_fraud_warnings.retrieve,
        "transfer": asked.transfers.retrieve,
        "application_fee": asked.application_fees.retrieve,
    }
