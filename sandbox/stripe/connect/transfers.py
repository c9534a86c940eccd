"""Transfers of the shop's balance to connected accounts (Stripe: "Separate charges and transfers")."""

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_currency, check_unit, written
from sandbox.stripe.connect import accounts
from sandbox.stripe.errors import InvalidParameter, Refusal, WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped

NO_FUNDS = (
    "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
    "available balance by creating Charges using the 4000000000000077 test card. See: "
    "https://stripe.com/docs/testing#available-balance"
)


def create(account: Account, params: Json) -> Json:
    """Send a part of the balance, or of what one charge brought, to a connected account."""
    check_metadata(params.get("metadata"), "metadata")
    currency = check_currency(params["currency"], "currency")
    if "amount" not in params:
        raise InvalidParameter("Missing required param: amount.", code="parameter_missing", param="amount")
    amount = params["amount"]
    if amount < 1:
        raise InvalidParameter("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    check_unit(amount, currency, "amount")
    check_destination(account, params["destination"], "destination")
    charge = _source(account, params, amount, currency)
    if charge is None and amount > balance.available(account, currency):
        raise WrongState(NO_FUNDS, code="balance_insufficient")
    group = params.get("transfer_group") or (charge["transfer_group"] if charge else None)
    transfer = send(account, params["destination"], amount, currency, charge, group)
    transfer |= {
        "description": params.get("description"),
        "metadata": merged({}, params.get("metadata", {})),
    }
    emit(account, "transfer.created", transfer)
    return transfer


def send(
    account: Account,
    destination: str,
    amount: int,
    currency: str,
    charge: Json | None,
    group: str | None,
    fee: int = 0,
) -> Json:
    """The transfer, and the payment that arrives at the other end less a fee. Its caller tells of it."""
    transfer_id = new_id("tr")
    transfer = shaped(
        "transfer",
        id=transfer_id,
        amount=amount,
        created=account.clock.now(),
        currency=currency,
        destination=destination,
        source_transaction=charge and charge["id"],
        transfer_group=group,
    )
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer_id}/reversals"
    available_on = balance.available_on(account, charge) if charge else None
    moved = balance.record(account, "transfer", transfer, -amount, available_on=available_on)
    arrived = _arrive(account.seen_by(destination), transfer, available_on, fee)
    transfer |= {"balance_transaction": moved["id"], "destination_payment": arrived["id"]}
    return account.store.add(transfer)


def update(account: Account, params: Json, transfer_id: str) -> Json:
    """Change description and metadata."""
    transfer = account.store.get("transfer", transfer_id)
    check_metadata(params.get("metadata"), "metadata")
    if "metadata" in params:
        transfer["metadata"] = merged(transfer["metadata"], params["metadata"])
    if "description" in params:
        transfer["description"] = params["description"]
    emit(account, "transfer.updated", transfer, {})
    return transfer


def check_destination(account: Account, account_id: str, param: str) -> None:
    """Refuse an account that is not connected, or that must not receive transfers yet."""
    found = account.store.find(account_id)
    if found is None or found["object"] != "account":
        raise InvalidParameter(f"No such destination: '{account_id}'", code="resource_missing", param=param)
    if accounts.get(account, account_id)["capabilities"].get("transfers") != "active":
        raise NotCapable(account_id)


class NotCapable(Refusal):
    """The account has not been onboarded far enough."""

    def __init__(self, _account_id: str) -> None:
        super().__init__(
            "Your destination account needs to have at least one of the following capabilities enabled: "
            "transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )


def _source(account: Account, params: Json, amount: int, currency: str) -> Json | None:
    """The charge that is to fund the transfer, if one is named."""
    if "source_transaction" not in params:
        return None
    charge = account.store.get("charge", params["source_transaction"], "source_transaction")
    sent = sum(
        each["amount"] - each["amount_reversed"]
        for each in account.store.newest_first("transfer")
        if each["source_transaction"] == charge["id"]
    )
    if charge["currency"] != currency:
        raise InvalidParameter(
            "The currency of source_transaction's balance transaction "
            f"({charge['currency']}) must be the same as the transfer currency ({currency})",
            param="currency",
        )
    if amount > charge["amount"] - sent:
        raise WrongState(
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{written(charge['amount'], currency)}. (There is already {written(sent, currency)} in "
            "transfers using this source.)",
            param="source_transaction",
        )
    return charge


def _arrive(connected: Account, transfer: Json, available_on: int | None, fee: int) -> Json:
    """The payment at the connected account."""
    payment = shaped(
        "charge",
        id=new_id("py"),
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        captured=True,
        created=transfer["created"],
        currency=transfer["currency"],
        outcome=None,
        paid=True,
        payment_method_details=None,
        source_transfer=transfer["id"],
        status="succeeded",
    )
    moved = balance.record(
        connected,
        "payment",
        payment,
        transfer["amount"],
        fee_details=[_fee_detail(connected, transfer["currency"], fee)] if fee else [],
        available_on=available_on,
    )
    payment["balance_transaction"] = moved["id"]
    return connected.store.add(payment)


def _fee_detail(connected: Account, currency: str, fee: int) -> Json:
    return {
        "amount": fee,
        "application": connected.application,
        "currency": currency,
        "description": "CultureBridge application fee",
        "type": "application_fee",
    }
