"""Charges: one attempt to take money, whatever it is taken from."""

from typing import Any

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.connect import sharing
from sandbox.stripe.events import change
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.payers import Instrument, Payer

APPROVED = {
    "network_status": "approved_by_network",
    "risk_level": "normal",
    "risk_score": 12,
    "seller_message": "Payment complete.",
    "type": "authorized",
}
OUTCOME_FIELDS = ("advice_code", "network_advice_code", "network_decline_code", "network_status", "reason")


def attempt(
    account: Account, intent: Json, method: Json, payer: Payer, instrument: Instrument, details: Json
) -> Json:
    """A charge for the whole intent, kept by the account; its caller says what came of it."""
    charge = shaped(
        "charge",
        id=new_id("ch" if method["type"] == "card" else "py"),
        amount=intent["amount"],
        application_fee_amount=intent["application_fee_amount"],
        billing_details=payer.billing_details(),
        created=account.clock.now(),
        currency=intent["currency"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        outcome=None,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=details,
        receipt_email=intent["receipt_email"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        status="pending",
        transfer_data=intent["transfer_data"] and {"amount": None, **intent["transfer_data"]},
        transfer_group=intent["transfer_group"],
    )
    intent["latest_charge"] = charge["id"]
    account.instruments[charge["id"]] = instrument
    return account.store.add(charge)


def succeed(account: Account, charge: Json) -> None:
    """The money was taken."""
    charge |= {
        "amount_captured": charge["amount"],
        "captured": True,
        "outcome": outcome(APPROVED),
        "paid": True,
        "receipt_url": f"{account.settings.url}/receipts/{charge['id']}",
        "status": "succeeded",
    }
    sharing.share(account, charge)


def fail(charge: Json, code: str, message: str, **reasons: Any) -> None:
    """The money was not taken, for these reasons."""
    charge |= {
        "failure_code": code,
        "failure_message": message,
        "outcome": outcome(reasons),
        "paid": False,
        "status": "failed",
    }


def outcome(known: Json) -> Json:
    """The outcome object, with the fields that are not known empty."""
    return dict.fromkeys(OUTCOME_FIELDS) | {"risk_level": "normal", "risk_score": 12} | known


def settle(account: Account, charge: Json) -> None:
    """Attach the balance transaction, a moment after the payment (event charge.updated)."""
    if charge["balance_transaction"] or charge["status"] == "failed":
        return  # settled by hand, or returned by the bank meanwhile
    transaction = balance.record_charge(account, charge)
    change(account, "charge.updated", charge, balance_transaction=transaction["id"])
