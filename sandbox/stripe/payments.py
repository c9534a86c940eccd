"""A payment intent's way through confirmation: declined, challenged, paid
(Stripe: "How PaymentIntents work")."""

from copy import deepcopy
from enum import StrEnum
from typing import Any

from sandbox.stripe import card_charges, charges, disputes
from sandbox.stripe.account import Account
from sandbox.stripe.cards import CardHolder, Challenge, Decline, TestCard
from sandbox.stripe.connect import sharing
from sandbox.stripe.events import emit
from sandbox.stripe.objects import Json, new_id, shaped

AUTHENTICATION_FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
    "PaymentMethod to attempt to fulfill this PaymentIntent again."
)


class Outcome(StrEnum):
    """What confirming came to."""

    PAID = "paid"
    PROCESSING = "processing"  # the bank will say later
    DECLINED = "declined"  # `last_payment_error` of the intent says why
    CHALLENGED = "challenged"  # the payer has to authenticate


def create_intent(account: Account, amount: int, currency: str, wanted: Json, **fields: Any) -> Json:
    """A new payment intent that waits for a payment method (event payment_intent.created).

    `wanted` are the parameters that say what of it is whose.
    """
    intent_id = new_id("pi")
    intent = shaped(
        "payment_intent",
        id=intent_id,
        amount=amount,
        client_secret=new_id(f"{intent_id}_secret", 25),
        created=account.clock.now(),
        currency=currency,
        **sharing.terms(wanted, intent_id),
        **fields,
    )
    account.store.add(intent)
    emit(account, "payment_intent.created", intent)
    return intent


def confirm(account: Account, intent: Json, card: TestCard, payer: CardHolder) -> Outcome:
    """Try to pay the intent with this card."""
    account.challenges.pop(intent["id"], None)
    if not card.challenge:
        return _take(account, intent, card, payer, authenticated=False)
    method = card_charges.payment_method(account, card, payer)
    account.challenges[intent["id"]] = Challenge(card, payer)
    intent |= {
        "last_payment_error": None,
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
        "payment_method": method["id"],
        "status": "requires_action",
    }
    emit(account, "payment_intent.requires_action", intent)
    return Outcome.CHALLENGED


def authenticate(account: Account, intent: Json, *, accepted: bool) -> Outcome:
    """The payer's answer to the 3-D Secure step; the intent must be waiting for one."""
    challenge = account.challenges.pop(intent["id"])
    if accepted:
        return _take(account, intent, challenge.card, challenge.payer, authenticated=True)
    method = account.store.get("payment_method", intent["payment_method"])
    _fail(
        account,
        intent,
        {
            "code": "payment_intent_authentication_failure",
            "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
            "message": AUTHENTICATION_FAILED,
            "payment_method": deepcopy(method),
            "type": "invalid_request_error",
        },
    )
    return Outcome.DECLINED


def cancel_intent(account: Account, intent: Json, reason: str | None) -> None:
    """End an intent that was not paid (event payment_intent.canceled)."""
    account.challenges.pop(intent["id"], None)
    intent |= {
        "canceled_at": account.clock.now(),
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    emit(account, "payment_intent.canceled", intent)


def _take(
    account: Account, intent: Json, card: TestCard, payer: CardHolder, *, authenticated: bool
) -> Outcome:
    method = card_charges.payment_method(account, card, payer)
    charge = card_charges.attempt(account, intent, method, card, payer, authenticated=authenticated)
    if card.decline:
        emit(account, "charge.failed", charge)
        _fail(account, intent, _card_error(card.decline, charge, method))
        return Outcome.DECLINED
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "next_action": None,
        "payment_method": method["id"],
        "status": "succeeded",
    }
    emit(account, "charge.succeeded", charge)
    emit(account, "payment_intent.succeeded", intent)
    account.schedule.after(account.pace.settle_after, lambda: charges.settle(account, charge))
    disputes.expect(account, charge)
    return Outcome.PAID


def _fail(account: Account, intent: Json, error: Json) -> None:
    intent |= {
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    emit(account, "payment_intent.payment_failed", intent)


def _card_error(decline: Decline, charge: Json, method: Json) -> Json:
    error = {
        "advice_code": decline.advice,
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_decline_code": charge["outcome"]["network_decline_code"],
        "payment_method": deepcopy(method),
        "type": "card_error",
    }
    return {name: value for name, value in error.items() if value is not None}
