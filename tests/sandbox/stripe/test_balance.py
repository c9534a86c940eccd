"""Where the money is: balance transactions, fees, the balance, and the sandbox's own books."""

from typing import Any

import stripe

from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

DAY = 24 * 3600
SLOW_AND_FAILS = "DE78370400440532013004"


def settled(shop: Shop, session: stripe.checkout.Session) -> stripe.BalanceTransaction:
    """The balance transaction of a paid session, once there is one."""
    paths = ["latest_charge.balance_transaction"]
    intents = shop.stripe.v1.payment_intents

    def transaction() -> Any:
        return intents.retrieve(intent(session).id, {"expand": paths}).latest_charge.balance_transaction  # type: ignore[union-attr]

    found = wait_until(transaction)
    assert isinstance(found, stripe.BalanceTransaction)
    return found


def books(shop: Shop) -> dict[str, int]:
    """The books in euros; they must agree with what Stripe says of the balance."""
    everything = shop.look("/ledger")
    sums: dict[str, int] = everything["currencies"]["eur"]
    gone = sums["refunded"] + sums["disputed"]
    assert sums["net"] + sums["fees"] == sums["captured"] + sums["processing"] - sums["unsettled"] - gone
    balance = shop.stripe.v1.balance.retrieve()
    [available], [pending] = balance.available, balance.pending
    assert sums["net"] == available.amount + pending.amount
    assert sums["net"] == sum(payment["net"] for payment in everything["payments"])
    return sums


def test_a_payment_brings_its_amount_less_a_fee(shop: Shop) -> None:
    session = shop.paid()
    transaction = settled(shop, session)
    assert (transaction.amount, transaction.fee, transaction.net) == (7500, 138, 7362)
    [fee] = transaction.fee_details
    assert (fee.amount, fee.type, transaction.source) == (138, "stripe_fee", charge(session).id)
    wait_until(lambda: shop.receiver.times("charge.updated") == 1)
    told = next(event for event in shop.receiver.events if event["type"] == "charge.updated")
    assert told["data"]["previous_attributes"] == {"balance_transaction": None}


def test_money_becomes_available_after_some_days(shop: Shop) -> None:
    transaction = settled(shop, shop.paid())
    assert transaction.status == "pending"
    shop.control("/clock", advance_seconds=2 * DAY)
    assert shop.stripe.v1.balance_transactions.retrieve(transaction.id).status == "available"
    assert [each.amount for each in shop.stripe.v1.balance.retrieve().available] == [7362]


def test_the_books_follow_every_turn_of_a_payment(shop: Shop) -> None:
    session = shop.paid()
    settled(shop, session)
    assert books(shop)["net"] == 7362
    shop.refunds(session, amount=2500)
    assert (books(shop)["refunded"], books(shop)["net"]) == (2500, 4862)
    dispute = shop.control(f"/payments/{intent(session).id}/dispute")
    assert (books(shop)["disputed"], books(shop)["fees"], books(shop)["net"]) == (5000, 1638, -1638)
    shop.control(f"/disputes/{dispute['id']}/close", verdict="won")
    assert (books(shop)["disputed"], books(shop)["fees"], books(shop)["net"]) == (0, 138, 4862)


def test_a_lost_dispute_keeps_money_and_fee(shop: Shop) -> None:
    session = shop.paid()
    settled(shop, session)
    dispute = shop.control(f"/payments/{intent(session).id}/dispute")
    shop.control(f"/disputes/{dispute['id']}/close", verdict="lost")
    assert (books(shop)["disputed"], books(shop)["net"]) == (7500, -1638)


def test_a_failed_refund_brings_the_money_back(shop: Shop) -> None:
    session = shop.paid("4000000000005126")
    settled(shop, session)
    shop.control("/pace", refund_after=60)
    shop.refunds(session)
    assert books(shop)["net"] == -138
    shop.control("/clock", advance_seconds=60)
    assert (books(shop)["refunded"], books(shop)["net"]) == (0, 7362)


def test_a_debit_counts_as_processing_until_the_bank_has_answered(shop: Shop) -> None:
    session = shop.opens()
    shop.debits(session, SLOW_AND_FAILS)
    settled(shop, shop.session(session, "payment_intent"))
    assert (books(shop)["processing"], books(shop)["captured"], books(shop)["net"]) == (7500, 0, 7465)
    shop.control("/clock", advance_seconds=180)
    assert (books(shop)["processing"], books(shop)["fees"], books(shop)["net"]) == (0, 350, -350)


def test_what_is_not_settled_yet_is_in_no_balance(shop: Shop) -> None:
    shop.control("/pace", settle_after=None)
    shop.paid()
    assert (books(shop)["captured"], books(shop)["unsettled"], books(shop)["net"]) == (7500, 7500, 0)


def test_currencies_are_kept_apart(shop: Shop) -> None:
    settled(shop, shop.paid())
    settled(shop, shop.paid(line_items=[shop.item(8000, "jpy")]))
    sums = shop.look("/ledger")["currencies"]
    assert (sums["eur"]["captured"], sums["jpy"]["captured"], sums["jpy"]["fees"]) == (7500, 8000, 145)


def test_transactions_are_found_by_type_and_source_and_lead_to_it(shop: Shop) -> None:
    session = shop.paid()
    refund = shop.refunds(session)
    transactions = shop.stripe.v1.balance_transactions
    [found] = transactions.list({"source": refund.id, "expand": ["data.source"]}).data
    assert isinstance(found.source, stripe.Refund)
    assert (found.type, found.net, found.source.id) == ("refund", -7500, refund.id)
    assert [each.id for each in transactions.list({"type": "refund"}).data] == [found.id]
    assert transactions.list({"created": {"lt": found.created}}).data == []
