"""The payment intent endpoints, as far as a seller using Checkout touches them."""

from sandbox.stripe import payments
from sandbox.stripe.account import Account
from sandbox.stripe.errors import WrongState
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def update(account: Account, params: Json, intent_id: str) -> Json:
    """Change the description or the metadata."""
    intent = account.store.get("payment_intent", intent_id)
    check_metadata(params.get("metadata"), "metadata")
    if "metadata" in params:
        intent["metadata"] = merged(intent["metadata"], params["metadata"])
    if "description" in params:
        intent["description"] = params["description"]
    return intent


def cancel(account: Account, params: Json, intent_id: str) -> Json:
    """Cancel an unpaid intent; one that belongs to a Checkout Session ends with its session only."""
    intent = account.store.get("payment_intent", intent_id)
    if intent["status"] not in CANCELABLE:
        raise WrongState(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            code="payment_intent_unexpected_state",
        )
    sessions = account.store.newest_first("checkout.session")
    if any(session["payment_intent"] == intent_id and session["status"] == "open" for session in sessions):
        raise WrongState(
            "You cannot cancel the PaymentIntent of a Checkout Session. Expire the Checkout Session instead.",
            code="payment_intent_unexpected_state",
        )
    payments.cancel_intent(account, intent, params.get("cancellation_reason"))
    return intent
