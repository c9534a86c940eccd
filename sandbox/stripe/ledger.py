"""The sandbox's own books: what was taken, given back and kept, counted from the objects themselves,
beside what the balance transactions add up to."""

from collections import defaultdict

from sandbox.stripe.account import Account
from sandbox.stripe.objects import Json

SUMS = ("captured", "processing", "unsettled", "refunded", "disputed", "fees", "net")
GIVEN_BACK = ("pending", "requires_action", "succeeded")


def books(account: Account) -> Json:
    """All of it: by currency, and by payment intent, newest first."""
    return {"currencies": by_currency(account), "payments": payments(account)}


def by_currency(account: Account) -> dict[str, dict[str, int]]:
    """The sums of all payments; `net` is what the balance gained, pending or available."""
    totals: dict[str, dict[str, int]] = {}
    for payment in payments(account):
        total = totals.setdefault(payment["currency"], dict.fromkeys(SUMS, 0))
        for name in SUMS:
            total[name] += payment[name]
    return dict(sorted(totals.items()))


def payments(account: Account) -> list[Json]:
    """What became of each payment's money, in minor units.

    Once nothing of it is `unsettled` (taken, but without its balance transaction yet):
    net + fees = captured + processing - refunded - disputed.
    """
    caused = _transactions(account)
    charges, refunds, disputes = (_by_intent(account, kind) for kind in ("charge", "refund", "dispute"))
    return [
        _payment(intent, charges[intent["id"]], refunds[intent["id"]], disputes[intent["id"]], caused)
        for intent in account.store.newest_first("payment_intent")
        if intent["latest_charge"]
    ]


def _payment(
    intent: Json,
    charges: list[Json],
    refunds: list[Json],
    disputes: list[Json],
    caused: dict[str, list[Json]],
) -> Json:
    taken = [charge for charge in charges if charge["status"] in ("succeeded", "pending")]
    moved = [each for source in (*charges, *refunds, *disputes) for each in caused[source["id"]]]
    return {
        "payment_intent": intent["id"],
        "currency": intent["currency"],
        "captured": _sum(taken, "amount_captured"),
        "processing": _sum([charge for charge in taken if charge["status"] == "pending"]),
        "unsettled": _sum([charge for charge in taken if not charge["balance_transaction"]]),
        "refunded": _sum([each for each in refunds if each["status"] in GIVEN_BACK]),
        "disputed": _sum([each for each in disputes if _holds_money(each)]),
        "fees": _sum(moved, "fee"),
        "net": _sum(moved, "net"),
        "transactions": [transaction["id"] for transaction in moved],
    }


def _transactions(account: Account) -> dict[str, list[Json]]:
    """The balance transactions by what caused them."""
    caused = defaultdict(list)
    for transaction in account.store.newest_first("balance_transaction"):
        caused[transaction["source"]].append(transaction)
    return caused


def _by_intent(account: Account, kind: str) -> dict[str, list[Json]]:
    things = defaultdict(list)
    for thing in account.store.newest_first(kind):
        things[thing["payment_intent"]].append(thing)
    return things


def _holds_money(dispute: Json) -> bool:
    """Whether a dispute has taken its amount and not brought it back."""
    return _sum(dispute["balance_transactions"]) < 0


def _sum(things: list[Json], field: str = "amount") -> int:
    return sum(thing[field] for thing in things)
