"""The sandbox's own books: what was taken, given back, passed on and kept, counted from the objects
themselves, beside what the balance transactions add up to."""

from collections import defaultdict

from sandbox.stripe.account import Account
from sandbox.stripe.objects import Json

GIVEN_BACK = ("pending", "requires_action", "succeeded")
Sums = dict[str, int]
ByKey = dict[str, list[Json]]


def books(account: Account) -> Json:
    """All of it: by currency, by payment intent (newest first), and by connected account."""
    return {
        "currencies": by_currency(account),
        "payments": payments(account),
        "accounts": {
            account_id: _of_connected(account.seen_by(account_id)) for account_id in account.connected
        },
    }


def by_currency(account: Account) -> dict[str, Sums]:
    """The sums over everything; `net` is what the balance gained, pending or available."""
    totals: dict[str, Sums] = {}
    for part in [*payments(account), *_other_transfers(account)]:
        total = totals.setdefault(part["currency"], {})
        for name, value in part.items():
            if isinstance(value, int):
                total[name] = total.get(name, 0) + value
    return dict(sorted(totals.items()))


def payments(account: Account) -> list[Json]:
    """What became of each payment's money, in minor units.

    Once nothing of it is `unsettled` (taken, but without its balance transaction yet):
    net + fees = captured + processing - refunded - disputed - transferred + application_fees.
    """
    caused = _by(account, "balance_transaction", "source")
    of_intent = {kind: _by(account, kind, "payment_intent") for kind in ("charge", "refund", "dispute")}
    of_charge = {
        "transfer": _by(account, "transfer", "source_transaction"),
        "application_fee": _by(account, "application_fee", "charge"),
    }
    found = []
    for intent in account.store.newest_first("payment_intent"):
        if intent["latest_charge"]:
            things = {kind: index[intent["id"]] for kind, index in of_intent.items()}
            for kind, index in of_charge.items():
                things[kind] = [each for charge in things["charge"] for each in index[charge["id"]]]
            found.append({"payment_intent": intent["id"], **_sums(intent["currency"], things, caused)})
    return found


def _sums(currency: str, things: dict[str, list[Json]], caused: ByKey) -> Json:
    taken = [charge for charge in things["charge"] if charge["status"] in ("succeeded", "pending")]
    returned = [
        each for kind in ("transfer", "application_fee") for thing in things[kind] for each in _inside(thing)
    ]
    sources = [thing for group in things.values() for thing in group] + returned
    moved = [transaction for source in sources for transaction in caused[source["id"]]]
    return {
        "currency": currency,
        "captured": _sum(taken, "amount_captured"),
        "processing": _sum([charge for charge in taken if charge["status"] == "pending"]),
        "unsettled": _sum([charge for charge in taken if not charge["balance_transaction"]]),
        "refunded": _sum([each for each in things["refund"] if each["status"] in GIVEN_BACK]),
        "disputed": _sum([each for each in things["dispute"] if _holds_money(each)]),
        "transferred": _sum(things["transfer"]) - _sum(things["transfer"], "amount_reversed"),
        "application_fees": _sum(things["application_fee"])
        - _sum(things["application_fee"], "amount_refunded"),
        "fees": _sum(moved, "fee"),
        "net": _sum(moved, "net"),
        "transactions": [transaction["id"] for transaction in moved],
    }


def _other_transfers(account: Account) -> list[Json]:
    """Transfers that no payment funded."""
    caused = _by(account, "balance_transaction", "source")
    alone = [each for each in account.store.newest_first("transfer") if not each["source_transaction"]]
    nothing: dict[str, list[Json]] = {"charge": [], "refund": [], "dispute": [], "application_fee": []}
    return [_sums(transfer["currency"], {**nothing, "transfer": [transfer]}, caused) for transfer in alone]


def _of_connected(connected: Account) -> dict[str, Sums]:
    """What a connected account got: net = received - returned - application_fees."""
    sums: dict[str, Sums] = {}
    for transaction in connected.store.newest_first("balance_transaction"):
        names = ("received", "returned", "application_fees", "net", "available")
        of_currency = sums.setdefault(transaction["currency"], dict.fromkeys(names, 0))
        of_currency["net"] += transaction["net"]
        of_currency["available"] += transaction["net"] if transaction["status"] == "available" else 0
        of_currency["application_fees"] += transaction["fee"]
        if transaction["type"] == "application_fee_refund":
            of_currency["application_fees"] -= transaction["amount"]
        elif transaction["amount"] > 0:
            of_currency["received"] += transaction["amount"]
        else:
            of_currency["returned"] -= transaction["amount"]
    return sums


def _inside(thing: Json) -> list[Json]:
    """The reversals of a transfer, the refunds of a fee."""
    inside: list[Json] = thing["reversals" if thing["object"] == "transfer" else "refunds"]["data"]
    return inside


def _by(account: Account, kind: str, field: str) -> ByKey:
    things = defaultdict(list)
    for thing in account.store.newest_first(kind):
        things[thing[field]].append(thing)
    return things


def _holds_money(dispute: Json) -> bool:
    """Whether a dispute has taken its amount and not brought it back."""
    return _sum(dispute["balance_transactions"]) < 0


def _sum(things: list[Json], field: str = "amount") -> int:
    return sum(thing[field] for thing in things)
