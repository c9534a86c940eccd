"""Transfers that are taken back, or a part of them (Stripe: "Reverse transfers")."""

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import written
from sandbox.stripe.connect import application_fees
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.lists import page
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped


def create(account: Account, params: Json, transfer_id: str) -> Json:
    """Take a transfer back, or a part of it."""
    check_metadata(params.get("metadata"), "metadata")
    transfer = account.store.get("transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    if left == 0 or amount > left:
        wanted, most = written(amount, transfer["currency"]), written(left, transfer["currency"])
        raise WrongState(
            f"Reversal amount ({wanted}) is greater than unreversed amount ({most})", param="amount"
        )
    reversal = reverse(account, transfer, amount, None)
    reversal["metadata"] = merged({}, params.get("metadata", {}))
    if params.get("refund_application_fee"):
        application_fees.give_back_share(account, transfer, amount)
    return reversal


def reverse(account: Account, transfer: Json, amount: int, refund: Json | None) -> Json:
    """The reversal of this much (event transfer.reversed)."""
    reversal = shaped(
        "transfer_reversal",
        id=new_id("trr"),
        amount=amount,
        created=account.clock.now(),
        currency=transfer["currency"],
        source_refund=refund and refund["id"],
        transfer=transfer["id"],
    )
    moved = balance.record(account, "transfer_refund", reversal, amount, category="transfer_reversal")
    returned = _return(account.seen_by(transfer["destination"]), transfer, reversal)
    reversal |= {"balance_transaction": moved["id"], "destination_payment_refund": returned["id"]}
    account.store.add(reversal)
    reversed_so_far = transfer["amount_reversed"] + amount
    transfer |= {"amount_reversed": reversed_so_far, "reversed": reversed_so_far == transfer["amount"]}
    transfer["reversals"]["data"].insert(0, reversal)
    emit(account, "transfer.reversed", transfer)
    return reversal


def listed(account: Account, params: Json, transfer_id: str) -> Json:
    """The reversals of a transfer."""
    transfer = account.store.get("transfer", transfer_id)
    return page(transfer["reversals"]["data"], params, transfer["reversals"]["url"], "transfer_reversal")


def retrieve(account: Account, _params: Json, transfer_id: str, reversal_id: str) -> Json:
    """One of them."""
    account.store.get("transfer", transfer_id)
    return account.store.get("transfer_reversal", reversal_id)


def _return(connected: Account, transfer: Json, reversal: Json) -> Json:
    """The refund of that payment."""
    payment = connected.store.get("charge", transfer["destination_payment"])
    refund = shaped(
        "refund",
        id=new_id("pyr"),
        amount=reversal["amount"],
        charge=payment["id"],
        created=reversal["created"],
        currency=reversal["currency"],
        source_transfer_reversal=reversal["id"],
        status="succeeded",
    )
    moved = balance.record(connected, "payment_refund", refund, -reversal["amount"])
    refund["balance_transaction"] = moved["id"]
    refunded = payment["amount_refunded"] + reversal["amount"]
    payment |= {"amount_refunded": refunded, "refunded": refunded == payment["amount"]}
    return connected.store.add(refund)
