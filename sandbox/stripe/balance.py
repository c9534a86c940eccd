"""Balance transactions: what each movement of money does to the account's balance."""

from sandbox.stripe.account import Account
from sandbox.stripe.amounts import THREE_DECIMAL, ZERO_DECIMAL
from sandbox.stripe.objects import Json, new_id, shaped

AVAILABLE_AFTER = 2 * 24 * 60 * 60
DISPUTE_FEE = 1500


def fee_for(amount: int, currency: str) -> int:
    """Stripe's fee on a card payment: 2.9 % and 30 hundredths, where the currency has hundredths."""
    share = round(amount * 0.029)
    if currency in ZERO_DECIMAL:
        return share
    if currency in THREE_DECIMAL:
        return round(share, -1) + 100
    return share + 30


def record(
    account: Account,
    kind: str,
    source: Json,
    amount: int,
    *,
    fee: int = 0,
    description: str | None = None,
    available_at_once: bool = False,
) -> Json:
    """A balance transaction of this kind (`charge`, `refund`, `adjustment` …) caused by `source`."""
    now = account.clock.now()
    transaction = shaped(
        "balance_transaction",
        id=new_id("txn"),
        amount=amount,
        available_on=now if available_at_once else now + AVAILABLE_AFTER,
        created=now,
        currency=source["currency"],
        description=description,
        fee=fee,
        fee_details=[_fee_detail(fee, source["currency"])] if fee else [],
        net=amount - fee,
        reporting_category="dispute" if kind == "adjustment" else kind,
        source=source["id"],
        status="available" if available_at_once else "pending",
        type=kind,
    )
    return account.store.add(transaction)


def retrieve(account: Account, _params: Json) -> Json:
    """The balance: the sum of all transactions, available or pending, by currency."""
    totals: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for transaction in account.store.newest_first("balance_transaction"):
        status = _status(account, transaction)
        currency = transaction["currency"]
        totals[status][currency] = totals[status].get(currency, 0) + transaction["net"]
    currencies = sorted(totals["available"].keys() | totals["pending"].keys()) or ["usd"]
    return shaped(
        "balance",
        **{status: [_line(currency, sums) for currency in currencies] for status, sums in totals.items()},
    )


def _status(account: Account, transaction: Json) -> str:
    if transaction["available_on"] <= account.clock.now():
        transaction["status"] = "available"
    return str(transaction["status"])


def _line(currency: str, sums: dict[str, int]) -> Json:
    amount = sums.get(currency, 0)
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def _fee_detail(fee: int, currency: str) -> Json:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
