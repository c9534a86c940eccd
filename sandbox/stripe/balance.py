"""Balance transactions: what each movement of money does to the account's balance
(Stripe: "Balance transaction types")."""

from sandbox.stripe import fees
from sandbox.stripe.account import Account
from sandbox.stripe.objects import Json, new_id, shaped

DAY = 24 * 60 * 60
AVAILABLE_AFTER = {"charge": 2 * DAY, "payment": 7 * DAY}  # everything else at once
CATEGORIES = {"payment": "charge", "payment_refund": "refund", "payment_failure_refund": "charge_failure"}


def record(
    account: Account,
    kind: str,
    source: Json,
    amount: int,
    *,
    category: str | None = None,
    fee_details: list[Json] | None = None,
    description: str | None = None,
    available_on: int | None = None,
) -> Json:
    """A balance transaction of this kind (`charge`, `refund`, `adjustment` …) caused by `source`."""
    now = account.clock.now()
    waits = available_on is not None and available_on > now
    details = fee_details or []
    fee = sum(detail["amount"] for detail in details)
    transaction = shaped(
        "balance_transaction",
        id=new_id("txn"),
        amount=amount,
        available_on=available_on if waits else now,
        created=now,
        currency=source["currency"],
        description=description,
        fee=fee,
        fee_details=details,
        net=amount - fee,
        reporting_category=category or CATEGORIES.get(kind, kind),
        source=source["id"],
        status="pending" if waits else "available",
        type=kind,
    )
    if available_on is not None and waits:
        account.schedule.at(available_on, lambda: transaction.update(status="available"))
    return account.store.add(transaction)


def available_on(account: Account, charge: Json) -> int | None:
    """When the money of a charge can be used; None at once."""
    if account.instruments[charge["id"]].available_at_once:
        return None
    return int(charge["created"]) + AVAILABLE_AFTER[_kind(charge)]


def available(account: Account, currency: str) -> int:
    """What can be used now."""
    return sum(
        transaction["net"]
        for transaction in account.store.newest_first("balance_transaction")
        if transaction["currency"] == currency and transaction["status"] == "available"
    )


def record_charge(account: Account, charge: Json) -> Json:
    """What a payment brings, less Stripe's fee."""
    method = charge["payment_method_details"]["type"]
    fee = fees.of_charge(charge["amount"], charge["currency"], method)
    return record(
        account,
        _kind(charge),
        charge,
        charge["amount"],
        fee_details=[stripe_fee(fee, charge["currency"], "Stripe processing fees")],
        description=charge["description"],
        available_on=available_on(account, charge),
    )


def return_payment(account: Account, charge: Json) -> Json:
    """The reversal of a debit that the payer's bank returned, which costs a fee of its own."""
    currency = charge["currency"]
    paid = fees.of_charge(charge["amount"], currency, charge["payment_method_details"]["type"])
    charged = fees.fixed(fees.RETURNED_DEBIT, currency)
    return record(
        account,
        "payment_failure_refund",
        charge,
        -charge["amount"],
        fee_details=[
            stripe_fee(-paid, currency, "Stripe processing fees"),
            stripe_fee(charged, currency, "Returned debit fee"),
        ],
        description=f"Returned debit {charge['id']}",
    )


def retrieve(account: Account, _params: Json) -> Json:
    """The balance: the sum of all transactions, available or pending, by currency."""
    totals: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for transaction in account.store.newest_first("balance_transaction"):
        sums, currency = totals[transaction["status"]], transaction["currency"]
        sums[currency] = sums.get(currency, 0) + transaction["net"]
    currencies = sorted(totals["available"].keys() | totals["pending"].keys()) or ["usd"]
    return shaped(
        "balance",
        **{status: [_line(currency, sums) for currency in currencies] for status, sums in totals.items()},
    )


def stripe_fee(amount: int, currency: str, description: str) -> Json:
    """A line of a transaction's fee_details."""
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": "stripe_fee",
    }


def _kind(charge: Json) -> str:
    return "charge" if charge["payment_method_details"]["type"] == "card" else "payment"


def _line(currency: str, sums: dict[str, int]) -> Json:
    amount = sums.get(currency, 0)
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
