"""At rest our books and Stripe's own say the same, payment by payment, to the last minor unit."""

from collections import Counter
from typing import Any

from app.payments.stripe.refunds import ALREADY_REFUNDED, DISPUTED
from sandbox.stripe.faults import REFUSALS
from tests.payments.random_faults.actions import ELSEWHERE
from tests.payments.random_faults.world import PaymentWorld

PAYMENTS = """
    SELECT payment.*, (
        SELECT coalesce(json_object_agg(kind, amount), '{}') FROM (
            SELECT kind, sum(amount_minor) AS amount FROM ledger_entry
            WHERE payment_id = payment.id AND ledger_entry.currency = payment.currency GROUP BY kind
        ) sums
    ) AS books FROM payment"""
NEVER_MADE = """
    SELECT refund.*, stripe_payment_intent_id AS intent, payment.amount_minor AS paid
    FROM refund JOIN payment ON payment.id = payment_id WHERE stripe_refund_id IS NULL"""
PAID = {"succeeded", "partially_refunded", "refunded"}
HOLDING = {"needs_response", "under_review"}
FINAL = {str(REFUSALS["too_old"]), "charge_not_refundable"}
"""Those of Stripe's refusals that asking again does not change."""


def check_money(world: PaymentWorld) -> None:
    ours = {row.stripe_payment_intent_id: row for row in world.select(PAYMENTS)}
    intents = [each for each in world.at_stripes("payment_intent") if not _is_of_another(each)]
    paid_there = {each["id"] for each in intents if each["status"] == "succeeded"}
    paid_here = {intent for intent, row in ours.items() if row.status in PAID}
    assert paid_here == paid_there
    theirs = {each["payment_intent"]: each for each in world.stripes_books()["payments"]}
    for intent in paid_there:
        _check_payment(ours[intent], theirs[intent])
    for intent, row in ours.items():
        if intent not in paid_there and row.books:
            _check_returned(Counter(row.books), theirs[intent])
    in_books = {intent: row for intent, row in ours.items() if row.books}
    _check_earnings(
        world, [_of_coach(theirs[intent], row.stripe_destination_id) for intent, row in in_books.items()]
    )


def _is_of_another(thing: dict[str, Any]) -> bool:
    """Whether another deployment made it."""
    return (thing["metadata"] or {}).get("deployment_id") == ELSEWHERE


def _of_coach(stated: dict[str, Any], destination: str | None) -> dict[str, Any]:
    """What of Stripe's statement is the coach's: of what Stripe sends on, we bear the fees."""
    if destination is None:
        return stated
    gone = stated["refunded"] + stated["disputed"]
    return stated | {"fees": 0, "net": stated["captured"] - gone}


def _check_returned(books: Counter[str], stated: dict[str, Any]) -> None:
    """A debit that the bank did not pay has cost its fee, and nothing else."""
    assert books.total() == books["fee"] == -stated["fees"] == stated["net"]


def _check_payment(payment: Any, stated: dict[str, Any]) -> None:
    books = Counter(payment.books)
    ours = {
        "captured": books["payment"],
        "refunded": -books["refund"],
        "disputed": -books["dispute"],
        "processing": 0,
        "unsettled": 0,
    }
    if payment.stripe_destination_id:
        assert books["fee"] == 0  # which we bear
    else:
        ours |= {"fees": -books["fee"], "net": books.total() - books["commission"]}
    assert ours == {name: stated[name] for name in ours}
    assert books["payment"] == payment.amount_minor
    assert payment.net_minor == payment.amount_minor - payment.fee_minor
    assert 0 <= -books["commission"] <= max(0, books["payment"] + books["refund"] + books["dispute"])


def _check_earnings(world: PaymentWorld, stated: list[dict[str, Any]]) -> None:
    """What coaches are shown sums up to what Stripe says that came in and went out."""
    shown: Counter[tuple[str, str]] = Counter()
    for coach in world.coaches:
        for total in coach.get("/coach/me/earnings").json()["totals"]:
            for name in ("gross", "refunded", "lost", "fees"):
                shown[total["currency"], name] += total[f"{name}_minor"]
            shown[total["currency"], "net"] += total["net_minor"] + total["commission_minor"]
    wanted: Counter[tuple[str, str]] = Counter()
    names = {"captured": "gross", "refunded": "refunded", "disputed": "lost", "fees": "fees", "net": "net"}
    for each in stated:
        for theirs, name in names.items():
            wanted[each["currency"].upper(), name] += each[theirs]
    assert shown == wanted, f"shown: {shown}, but right is: {wanted}"


def check_refunds(world: PaymentWorld) -> None:
    """Each that Stripe made has one row that says the same, and each row was made once, or has a reason."""
    rows = {row.stripe_refund_id: row for row in world.select("SELECT * FROM refund") if row.stripe_refund_id}
    made = world.at_stripes("refund")
    assert rows.keys() == {each["id"] for each in made}
    for each in made:
        row = rows[each["id"]]
        assert (row.amount_minor, row.status) == (each["amount"], each["status"])
        assert _is_of_another(each) or (each["metadata"] or {}).get("refund_id") in {None, str(row.id)}
    for row in world.select(NEVER_MADE):
        verdicts = _verdicts(world, row.intent)
        assert _has_reason(world, row, verdicts), f"{row} was never made: {verdicts}"


def _has_reason(world: PaymentWorld, refund: Any, verdicts: set[str]) -> bool:
    """A dispute holds the money, or has given it to the client; else Stripe had none left to give."""
    if refund.status == "pending":
        return bool(verdicts & HOLDING)
    if refund.failure_reason in DISPUTED:
        return "lost" in verdicts
    if refund.status == "failed":
        return refund.failure_reason in FINAL or _was_overtaken(world, refund)
    return bool(refund.status == "canceled")


def _was_overtaken(world: PaymentWorld, refund: Any) -> bool:
    """All of its payment went back, or was to, by others that Stripe made, or by a dispute."""
    gone = [
        each["amount"]
        for kind in ("refund", "dispute")
        for each in world.at_stripes(kind)
        if each["payment_intent"] == refund.intent
    ]
    return refund.failure_reason == ALREADY_REFUNDED and sum(gone) >= refund.paid


def _verdicts(world: PaymentWorld, intent: str) -> set[str]:
    """How its disputes stand at Stripe."""
    return {each["status"] for each in world.at_stripes("dispute") if each["payment_intent"] == intent}


def check_disputes(world: PaymentWorld) -> None:
    rows = {row.stripe_dispute_id: row for row in world.select("SELECT * FROM dispute")}
    made = {each["id"]: each for each in world.at_stripes("dispute")}
    assert rows.keys() == made.keys()
    for dispute_id, each in made.items():
        row = rows[dispute_id]
        assert (row.status, row.amount_minor) == (each["status"], each["amount"])
        assert row.withdrawn_minor == -sum(move["amount"] for move in each["balance_transactions"])
