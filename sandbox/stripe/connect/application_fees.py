"""Application fees: what the shop keeps of a payment to a connected account (Stripe: "Collect fees")."""

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import written
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.lists import lister, page
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped

listed = lister("application_fee", "/v1/application_fees")


def take(account: Account, charge: Json, destination: str, amount: int) -> Json:
    """Receive the fee that `destination` was charged (event application_fee.created)."""
    fee_id = new_id("fee")
    fee = shaped(
        "application_fee",
        id=fee_id,
        account=destination,
        amount=amount,
        application=account.application,
        charge=charge["id"],
        created=account.clock.now(),
        currency=charge["currency"],
        fee_source={"charge": charge["id"], "payout": None, "type": "charge"},
    )
    fee["refunds"]["url"] = f"/v1/application_fees/{fee_id}/refunds"
    available_on = balance.available_on(account, charge)
    moved = balance.record(account, "application_fee", fee, amount, available_on=available_on)
    fee["balance_transaction"] = moved["id"]
    account.store.add(fee)
    emit(account, "application_fee.created", fee)
    return fee


def create_refund(account: Account, params: Json, fee_id: str) -> Json:
    """Give a fee back to the account, or a part of it."""
    check_metadata(params.get("metadata"), "metadata")
    fee = account.store.get("application_fee", fee_id)
    left = fee["amount"] - fee["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0 or amount > left:
        wanted, most = written(amount, fee["currency"]), written(left, fee["currency"])
        raise WrongState(
            f"Refund amount ({wanted}) is greater than unrefunded amount on fee ({most})", param="amount"
        )
    refund = give_back(account, fee, amount)
    refund["metadata"] = merged({}, params.get("metadata", {}))
    return refund


def give_back(account: Account, fee: Json, amount: int) -> Json:
    """The refund of this much (event application_fee.refunded)."""
    refund = shaped(
        "fee_refund",
        id=new_id("fr"),
        amount=amount,
        created=account.clock.now(),
        currency=fee["currency"],
        fee=fee["id"],
    )
    moved = balance.record(account, "application_fee_refund", refund, -amount)
    refund["balance_transaction"] = moved["id"]
    balance.record(account.seen_by(fee["account"]), "application_fee_refund", refund, amount, category="fee")
    account.store.add(refund)
    refunded = fee["amount_refunded"] + amount
    fee |= {"amount_refunded": refunded, "refunded": refunded == fee["amount"]}
    fee["refunds"]["data"].insert(0, refund)
    emit(account, "application_fee.refunded", fee)
    return refund


def give_back_share(account: Account, transfer: Json, amount: int) -> None:
    """Of the fee on a transfer's charge, the part that goes with this part of the transfer."""
    for fee in account.store.newest_first("application_fee"):
        if fee["charge"] == transfer["source_transaction"]:
            give_back(account, fee, share(fee, amount, transfer["amount"]))


def share(fee: Json, part: int, whole: int) -> int:
    """The fee's part of the whole, and at the end all that is left of it."""
    left: int = fee["amount"] - fee["amount_refunded"]
    return left if part == whole else min(left, round(fee["amount"] * part / whole))


def refunds(account: Account, params: Json, fee_id: str) -> Json:
    """The refunds of a fee."""
    fee = account.store.get("application_fee", fee_id)
    return page(fee["refunds"]["data"], params, fee["refunds"]["url"], "fee_refund")


def refund_of(account: Account, _params: Json, fee_id: str, refund_id: str) -> Json:
    """One of them."""
    account.store.get("application_fee", fee_id)
    return account.store.get("fee_refund", refund_id)
