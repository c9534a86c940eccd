"""Refunds: made by the API or in the dashboard, and what becomes of them
(Stripe: "Refund and cancel payments")."""

from secrets import randbelow
from typing import Any

from sandbox.stripe import balance, disputes
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_unit, written
from sandbox.stripe.errors import InvalidParameter, WrongState
from sandbox.stripe.events import change, emit
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.payers import OnRefund

FAILED = ("failed", "canceled")


def create(account: Account, params: Json) -> Json:
    """Refund a charge, named by itself or by its payment intent."""
    check_metadata(params.get("metadata"), "metadata")
    charge = _charge_of(account, params)
    by_card = charge["payment_method_details"]["type"] == "card"
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check_refundable(account, charge, amount, left)
    refund = shaped(
        "refund",
        id=new_id("re" if by_card else "pyr"),
        amount=amount,
        charge=charge["id"],
        created=account.clock.now(),
        currency=charge["currency"],
        destination_details=_destination("pending") if by_card else None,
        metadata=merged({}, params.get("metadata", {})),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
    )
    account.store.add(refund)
    _begin(account, refund, charge)
    return refund


def update(account: Account, params: Json, refund_id: str) -> Json:
    """Change the metadata; nothing else of a refund can be changed."""
    refund = account.store.get("refund", refund_id)
    check_metadata(params.get("metadata"), "metadata")
    if "metadata" in params:
        _updated(account, refund, metadata=merged(refund["metadata"], params["metadata"]))
    return refund


def cancel(account: Account, _params: Json, refund_id: str) -> Json:
    """Cancel a refund that waits for the payer; any other cannot be."""
    refund = account.store.get("refund", refund_id)
    if refund["status"] != "requires_action":
        raise WrongState(
            f"Refund {refund_id} cannot be canceled: its status is {refund['status']}, not requires_action."
        )
    move_to(account, refund, "canceled")
    return refund


def move_to(account: Account, refund: Json, status: str) -> None:
    """The refund's status changes later; a failed or canceled one gives the charge its amount back."""
    if refund["status"] == status or refund["status"] in FAILED:
        raise WrongState(f"Refund {refund['id']} cannot go from {refund['status']} to {status}.")
    fields: Json = {"status": status}
    if status == "succeeded" and refund["destination_details"]:
        fields["destination_details"] = _destination("available")
    if status in FAILED:
        returned = balance.record(account, "refund_failure", refund, refund["amount"])
        fields["failure_balance_transaction"] = returned["id"]
    if status == "failed":
        fields["failure_reason"] = "expired_or_canceled_card"
    _updated(account, refund, **fields)
    if status == "failed":
        emit(account, "refund.failed", refund)
    if status in FAILED:
        charge = account.store.get("charge", refund["charge"])
        change(
            account,
            "charge.updated",
            charge,
            amount_refunded=charge["amount_refunded"] - refund["amount"],
            refunded=False,
        )


def _begin(account: Account, refund: Json, charge: Json) -> None:
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


def _later(account: Account, refund: Json, status: str) -> None:
    if refund["status"] in ("pending", "succeeded"):  # an operator may have moved it meanwhile
        refund.pop("pending_reason", None)
        move_to(account, refund, status)


def _updated(account: Account, refund: Json, **fields: Any) -> None:
    """Both events, as Stripe still sends the older one for refunds of charges."""
    previous = {name: refund.get(name) for name in fields}
    refund |= fields
    emit(account, "refund.updated", refund, previous)
    emit(account, "charge.refund.updated", refund, previous)


def _give_reference(account: Account, refund: Json) -> None:
    """The card network's number, by which the payer's bank finds the refund."""
    if refund["status"] == "succeeded" and refund["destination_details"]:
        _updated(account, refund, destination_details=_destination("available"))


def _destination(reference_status: str) -> Json:
    card = {
        "reference_status": reference_status,
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    if reference_status == "available":
        card["reference"] = str(randbelow(10**23)).zfill(23)
    return {"card": card, "type": "card"}


def _charge_of(account: Account, params: Json) -> Json:
    if "charge" in params:
        return account.store.get("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise InvalidParameter(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = account.store.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise WrongState(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return account.store.get("charge", intent["latest_charge"])


def _check_refundable(account: Account, charge: Json, amount: int, left: int) -> None:
    if charge["status"] != "succeeded":
        raise WrongState(f"Charge {charge['id']} is not successful and cannot be refunded.", param="charge")
    if any(_holds_money(each, charge) for each in account.store.newest_first("dispute")):
        raise WrongState(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise WrongState(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise InvalidParameter("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    check_unit(amount, charge["currency"], "amount")
    if amount > left:
        limit = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        wanted, most = written(amount, charge["currency"]), written(left, charge["currency"])
        raise WrongState(f"Refund amount ({wanted}) is greater than {limit} ({most})", param="amount")


def _holds_money(dispute: Json, charge: Json) -> bool:
    return bool(
        dispute["charge"] == charge["id"]
        and not dispute["is_charge_refundable"]
        and dispute["status"] != "won"
    )
