"""What becomes of a refund once it is made (Stripe: "Refund and cancel payments")."""

from secrets import randbelow
from typing import Any

from sandbox.stripe import balance, disputes, fraud_warnings
from sandbox.stripe.account import Account
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import change, emit
from sandbox.stripe.objects import Json
from sandbox.stripe.payers import OnRefund

FAILED = ("failed", "canceled")
UNCLEAR = "expired_or_canceled_card"
PAYER_HAS = 45 * 24 * 60 * 60  # seconds to say where the money is to go


def begin(account: Account, refund: Json, charge: Json) -> None:
    """Take the money from the balance and send it on its way (events refund.created, charge.refunded)."""
    behaviour = account.instruments[charge["id"]].on_refund
    if behaviour is OnRefund.PENDS:
        refund |= {"status": "pending", "pending_reason": "processing"}
        account.schedule.after(account.pace.refund_after, lambda: _later(account, refund, "succeeded"))
    else:
        refund |= {"status": "succeeded"}
        account.schedule.after(account.pace.settle_after, lambda: _give_reference(account, refund))
    if behaviour is OnRefund.FAILS:
        account.schedule.after(account.pace.refund_after, lambda: _later(account, refund, "failed"))
    kind = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
    transaction = balance.record(account, kind, refund, -refund["amount"], description="REFUND FOR CHARGE")
    refund["balance_transaction"] = transaction["id"]
    emit(account, "refund.created", refund)
    refunded = charge["amount_refunded"] + refund["amount"]
    change(
        account, "charge.refunded", charge, amount_refunded=refunded, refunded=refunded == charge["amount"]
    )
    if charge["refunded"]:
        disputes.close_inquiries(account, charge)
        fraud_warnings.close(account, charge)


def transition_to(account: Account, refund: Json, status: str, reason: str = UNCLEAR) -> None:
    """The refund's status changes later; a failed or canceled one gives the charge its amount back."""
    if refund["status"] == status or refund["status"] in FAILED:
        raise WrongState(f"Refund {refund['id']} cannot go from {refund['status']} to {status}.")
    refund.pop("pending_reason", None)
    refund.pop("next_action", None)
    fields: Json = {"status": status}
    if status == "succeeded" and refund["destination_details"]:
        fields["destination_details"] = destination("available")
    if status == "requires_action":
        fields["next_action"] = _ask_payer(account, refund)
    if status == "failed":
        fields["failure_reason"] = reason
    if status in FAILED:
        returned = balance.record(account, "refund_failure", refund, refund["amount"])
        fields["failure_balance_transaction"] = returned["id"]
    updated(account, refund, **fields)
    if status in FAILED:
        _return(account, refund)


def updated(account: Account, refund: Json, **fields: Any) -> None:
    """Both events, as Stripe still sends the older one for refunds of charges."""
    previous = {name: refund.get(name) for name in fields}
    refund |= fields
    emit(account, "refund.updated", refund, previous)
    emit(account, "charge.refund.updated", refund, previous)


def destination(reference_status: str) -> Json:
    """Where a refund to a card went, with the card network's number once there is one."""
    card = {
        "reference_status": reference_status,
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    if reference_status == "available":
        card["reference"] = str(randbelow(10**23)).zfill(23)
    return {"card": card, "type": "card"}


def _return(account: Account, refund: Json) -> None:
    """The money did not arrive, so the charge is refunded by that much less."""
    if refund["status"] == "failed":
        emit(account, "refund.failed", refund)
    charge = account.store.get("charge", refund["charge"])
    left = charge["amount_refunded"] - refund["amount"]
    change(account, "charge.updated", charge, amount_refunded=left, refunded=False)


def _later(account: Account, refund: Json, status: str) -> None:
    charge = account.store.get("charge", refund["charge"])
    if refund["status"] == "pending" and disputes.held(account, charge):
        transition_to(account, refund, "failed", "charge_for_pending_refund_disputed")
    elif refund["status"] in {"pending", "succeeded"} - {status}:  # an operator may have moved it meanwhile
        transition_to(account, refund, status)


def _give_reference(account: Account, refund: Json) -> None:
    """The card network's number, by which the payer's bank finds the refund."""
    if refund["status"] == "succeeded" and refund["destination_details"]:
        updated(account, refund, destination_details=destination("available"))


def _ask_payer(account: Account, refund: Json) -> Json:
    """The mail in which the payer is asked where the money is to go."""
    charge, now = account.store.get("charge", refund["charge"]), account.clock.now()
    sent = {"email_sent_at": now, "email_sent_to": charge["billing_details"]["email"] or ""}
    return {
        "display_details": {"email_sent": sent, "expires_at": now + PAYER_HAS},
        "type": "display_details",
    }
