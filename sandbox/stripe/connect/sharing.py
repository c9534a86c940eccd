"""A payment's money on its way to a connected account and back (Stripe: "Create destination charges")."""

from typing import Any

from sandbox.stripe import platform
from sandbox.stripe.account import Account
from sandbox.stripe.connect import accounts, application_fees, reversals, transfers
from sandbox.stripe.errors import InvalidParameter, WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.objects import Json

PLAYED: frozenset[str] = frozenset({"application_fee_amount", "transfer_data", "transfer_group"})


def check(account: Account, wanted: Json, total: int, prefix: str = "") -> None:
    """Refuse a destination or a fee that Stripe would not take; `prefix` is where the parameters stand."""
    data, fee = wanted.get("transfer_data"), wanted.get("application_fee_amount")
    if data:
        transfers.check_destination(account, data["destination"], _name("transfer_data[destination]", prefix))
        _check_region(account, data["destination"])
    if fee is None:
        return
    param = _name("application_fee_amount", prefix)
    if not data:
        raise InvalidParameter(
            "Can only apply an application_fee when the request is made on behalf of another account (using "
            "an OAuth key, the Stripe-Account header, or the destination parameter).",
            param=param,
        )
    if "amount" in data:
        raise InvalidParameter(
            "You may only specify one of these parameters: application_fee_amount, transfer_data[amount].",
            code="parameters_exclusive",
            param=param,
        )
    if not 0 <= fee <= total:
        raise InvalidParameter(
            f"The application fee ({fee}) must be between 0 and the amount ({total}).", param=param
        )


def _check_region(account: Account, destination: str) -> None:
    """A charge is settled here, and cannot be sent on abroad."""
    country = accounts.get(account, destination)["country"]
    if country != platform.COUNTRY:
        raise InvalidParameter(
            f"Cannot create a destination charge for connected accounts in {country} because funds would be "
            "settled on the platform and the connected account is outside the platform's region. You may use "
            "the `on_behalf_of` parameter to have the charge settle in the connected account's country."
        )


def terms(wanted: Json, intent_id: str | None = None) -> dict[str, Any]:
    """What a payment intent keeps of them."""
    data = wanted.get("transfer_data")
    group = wanted.get("transfer_group") or (f"group_{intent_id}" if data and intent_id else None)
    return {
        "application_fee_amount": wanted.get("application_fee_amount"),
        "transfer_data": data and dict(data),
        "transfer_group": group,
    }


def share(account: Account, charge: Json) -> None:
    """Once it is paid: all of it, or the part agreed, goes to the destination, and a fee comes back."""
    data = charge["transfer_data"]
    if not data:
        return
    amount, fee = data["amount"] or charge["amount"], charge["application_fee_amount"] or 0
    transfer = transfers.send(
        account, data["destination"], amount, charge["currency"], charge, charge["transfer_group"], fee
    )
    charge["transfer"] = transfer["id"]
    emit(account, "transfer.created", transfer)
    if fee:
        charge["application_fee"] = application_fees.take(account, charge, data["destination"], fee)["id"]


def check_take_back(charge: Json, params: Json) -> None:
    """Refuse to reverse or return what there never was."""
    if params.get("reverse_transfer") and not charge.get("transfer"):
        raise WrongState(
            f"Cannot reverse transfer on charge {charge['id']}: it has no associated transfer.",
            param="reverse_transfer",
        )
    if params.get("refund_application_fee") and not charge["application_fee"]:
        raise WrongState(
            f"Cannot refund application fee on charge {charge['id']}: it has no application fee.",
            param="refund_application_fee",
        )


def take_back(account: Account, refund: Json, charge: Json, params: Json) -> None:
    """With a refund, in proportion to it: the transfer comes back, and the fee goes back."""
    if params.get("reverse_transfer"):
        transfer = account.store.get("transfer", charge["transfer"])
        left = transfer["amount"] - transfer["amount_reversed"]
        part = _part(transfer["amount"], left, refund, charge)
        if part:
            refund["transfer_reversal"] = reversals.reverse(account, transfer, part, refund)["id"]
    if params.get("refund_application_fee"):
        fee = account.store.get("application_fee", charge["application_fee"])
        part = _part(fee["amount"], fee["amount"] - fee["amount_refunded"], refund, charge)
        if part:
            application_fees.give_back(account, fee, part)


def _part(whole: int, left: int, refund: Json, charge: Json) -> int:
    """The refund's share of a whole; the refund that empties the charge takes all that is left."""
    if charge["amount_refunded"] + refund["amount"] == charge["amount"]:
        return left
    return min(left, round(whole * int(refund["amount"]) / int(charge["amount"])))


def _name(param: str, prefix: str) -> str:
    if not prefix:
        return param
    first, bracket, rest = param.partition("[")
    return f"{prefix}[{first}]{bracket}{rest}"
