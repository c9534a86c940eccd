"""Charges: one attempt to take money from a card, and the payment method it was made with."""

from typing import Any
from uuid import uuid4

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Decline, Payer, TestCard
from sandbox.stripe.events import change
from sandbox.stripe.objects import Json, new_id, shaped

AUTHENTICATED = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "version": "2.2.0",
}
APPROVED = {
    "network_status": "approved_by_network",
    "risk_level": "normal",
    "risk_score": 12,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def payment_method(account: Account, card: TestCard, payer: Payer) -> Json:
    """The card as a payment method, kept by the account."""
    method = shaped(
        "payment_method",
        id=new_id("pm"),
        created=account.clock.now(),
        billing_details=_billing_details(payer),
    )
    method["card"] |= _card(card, payer) | {
        "display_brand": card.brand,
        "networks": {"available": [card.brand], "preferred": None},
        "checks": _checks(card, payer),
    }
    return account.store.add(method)


def attempt(
    account: Account, intent: Json, method: Json, card: TestCard, payer: Payer, *, authenticated: bool
) -> Json:
    """A charge for the whole intent: succeeded, or failed with the card's decline."""
    charge_id = new_id("ch")
    charge = shaped(
        "charge",
        id=charge_id,
        amount=intent["amount"],
        billing_details=_billing_details(payer),
        created=account.clock.now(),
        currency=intent["currency"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        receipt_email=intent["receipt_email"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
    )
    charge["payment_method_details"]["card"] |= _card(card, payer) | {
        "amount_authorized": intent["amount"],
        "checks": _checks(card, payer),
        "network": card.brand,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": {**AUTHENTICATED, "transaction_id": str(uuid4())} if authenticated else None,
    }
    charge |= _failed(card.decline) if card.decline else _succeeded(account, intent, charge_id)
    account.cards[charge_id] = card
    return account.store.add(charge)


def settle(account: Account, charge: Json) -> None:
    """Attach the balance transaction, a moment after the payment (event charge.updated)."""
    transaction = balance.record(
        account,
        "charge",
        charge,
        charge["amount"],
        fee=balance.fee_for(charge["amount"], charge["currency"]),
        description=charge["description"],
        available_at_once=account.cards[charge["id"]].available_at_once,
    )
    change(account, "charge.updated", charge, balance_transaction=transaction["id"])


def _succeeded(account: Account, intent: Json, charge_id: str) -> Json:
    return {
        "amount_captured": intent["amount"],
        "captured": True,
        "outcome": _outcome(APPROVED),
        "paid": True,
        "receipt_url": f"{account.settings.url}/receipts/{charge_id}",
        "status": "succeeded",
    }


def _failed(decline: Decline) -> Json:
    declined = {
        "advice_code": decline.advice,
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": decline.decline_code,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "The bank did not return any further details with this decline."
        if decline.decline_code == "generic_decline"
        else f"The bank returned the decline code `{decline.decline_code}`.",
        "type": "issuer_declined",
    }
    return {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _outcome(declined),
        "status": "failed",
    }


def _outcome(known: dict[str, Any]) -> Json:
    names = ("advice_code", "network_advice_code", "network_decline_code", "network_status", "reason")
    return dict.fromkeys(names) | known


def _card(card: TestCard, payer: Payer) -> Json:
    return {
        "brand": card.brand,
        "country": card.country,
        "exp_month": payer.exp_month,
        "exp_year": payer.exp_year,
        "fingerprint": payer.fingerprint,
        "funding": card.funding,
        "last4": payer.last4,
    }


def _checks(card: TestCard, payer: Payer) -> Json:
    wrong_cvc = card.decline is not None and card.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": "pass" if payer.postal_code else None,
        "cvc_check": "fail" if wrong_cvc else "pass",
    }


def _billing_details(payer: Payer) -> Json:
    return {
        "address": address(payer),
        "email": payer.email,
        "name": payer.name,
        "phone": None,
        "tax_id": None,
    }


def address(payer: Payer) -> Json:
    """The payer's address, of which Checkout asks the country and the postal code."""
    empty = dict.fromkeys(("city", "line1", "line2", "state"))
    return {**empty, "country": payer.country, "postal_code": payer.postal_code}
