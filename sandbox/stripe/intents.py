"""The payment intent endpoints, as far as a seller using Checkout touches them."""

from copy import deepcopy

from sandbox.stripe import payments
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_currency, check_total, check_unit
from sandbox.stripe.cards import CardHolder, card_of
from sandbox.stripe.connect import sharing
from sandbox.stripe.errors import CardDeclined, InvalidParameter, Missing, WrongState
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json
from sandbox.stripe.payments import Outcome

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
COPIED = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix")
PLAYED = sharing.PLAYED | {
    "amount",
    "currency",
    "metadata",
    "confirm",
    "payment_method",
    "expand",
    *COPIED,
}
# Stripe's ready-made payment methods, and the numbers they stand for (Stripe: "Test cards").
TEST_METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": "4000002500003155",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}


def create(account: Account, params: Json) -> Json:
    """A payment intent of its own, confirmed at once when so asked."""
    for name in sorted(params.keys() - PLAYED):
        raise InvalidParameter(f"The sandbox does not play `{name}`; Stripe itself does.", param=name)
    check_metadata(params.get("metadata"), "metadata")
    currency = check_currency(params["currency"], "currency")
    check_unit(params["amount"], currency, "amount")
    check_total(params["amount"], currency, "Amount", "amount")
    sharing.check(account, params, params["amount"])
    intent = payments.create_intent(
        account,
        params["amount"],
        currency,
        params,
        metadata=merged({}, params.get("metadata", {})),
        **{name: params.get(name) for name in COPIED},
    )
    return confirm(account, params, intent["id"]) if params.get("confirm") else intent


def confirm(account: Account, params: Json, intent_id: str) -> Json:
    """Pay the intent with one of Stripe's test methods (`pm_card_visa` …); raises CardDeclined."""
    intent = account.store.get("payment_intent", intent_id)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise WrongState(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    method = params.get("payment_method", "")
    if method not in TEST_METHODS:
        raise Missing(f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
    number = TEST_METHODS[method]
    payer = CardHolder("jenny@example.com", None, "US", None, number[-4:], number, 12, 2040)
    if payments.confirm(account, intent, card_of(number), payer) is Outcome.DECLINED:
        error = intent["last_payment_error"]
        details = {
            name: value for name, value in error.items() if name in ("charge", "decline_code", "advice_code")
        }
        raise CardDeclined(error["message"], code=error["code"], payment_intent=deepcopy(intent), **details)
    return intent


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
