"""The refund endpoints: a charge's money, or a part of it, goes back to the payer."""

from sandbox.stripe import disputes, refund_progress
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_unit, written
from sandbox.stripe.connect import sharing
from sandbox.stripe.errors import InvalidParameter, WrongState
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped


def create(account: Account, params: Json) -> Json:
    """Refund a charge, named by itself or by its payment intent."""
    check_metadata(params.get("metadata"), "metadata")
    charge = _charge_of(account, params)
    by_card = charge["payment_method_details"]["type"] == "card"
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check_refundable(account, charge, amount, left)
    sharing.check_take_back(charge, params)
    refund = shaped(
        "refund",
        id=new_id("re" if by_card else "pyr"),
        amount=amount,
        charge=charge["id"],
        created=account.clock.now(),
        currency=charge["currency"],
        destination_details=refund_progress.destination("pending") if by_card else None,
        metadata=merged({}, params.get("metadata", {})),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
    )
    account.store.add(refund)
    sharing.take_back(account, refund, charge, params)
    refund_progress.begin(account, refund, charge)
    return refund


def update(account: Account, params: Json, refund_id: str) -> Json:
    """Change the metadata; nothing else of a refund can be changed."""
    refund = account.store.get("refund", refund_id)
    check_metadata(params.get("metadata"), "metadata")
    if "metadata" in params:
        refund_progress.updated(account, refund, metadata=merged(refund["metadata"], params["metadata"]))
    return refund


def cancel(account: Account, _params: Json, refund_id: str) -> Json:
    """Cancel a refund that waits for the payer; any other cannot be."""
    refund = account.store.get("refund", refund_id)
    if refund["status"] != "requires_action":
        raise WrongState(
            f"Refund {refund_id} cannot be canceled: its status is {refund['status']}, not requires_action."
        )
    refund_progress.transition_to(account, refund, "canceled")
    return refund


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
    held = disputes.held(account, charge)
    if held and amount > left - held:
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
