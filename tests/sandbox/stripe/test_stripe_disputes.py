"""Disputes and inquiries."""

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

DISPUTES = "4000000000000259"
INQUIRES = "4000000000001976"


def dispute_of(shop: Shop) -> stripe.Dispute:
    [found] = wait_until(lambda: shop.stripe.v1.disputes.list().data)
    return found


def test_a_disputing_card_pays_and_then_takes_the_money_back(shop: Shop) -> None:
    session = shop.paid(DISPUTES)
    dispute = dispute_of(shop)
    assert (dispute.status, dispute.reason, dispute.is_charge_refundable) == (
        "needs_response",
        "fraudulent",
        False,
    )
    assert dispute.evidence_details.due_by is not None
    assert charge(shop.session(session, "payment_intent.latest_charge")).disputed
    wait_until(lambda: shop.receiver.times("charge.dispute.funds_withdrawn") == 1)


def test_a_disputed_charge_cannot_be_refunded(shop: Shop) -> None:
    session = shop.paid(DISPUTES)
    dispute_of(shop)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.refunds(session)
    assert caught.value.code == "charge_disputed"


def test_a_won_dispute_brings_the_money_back(shop: Shop) -> None:
    shop.paid(DISPUTES)
    shop.control(f"/disputes/{dispute_of(shop).id}/close", verdict="won")
    assert dispute_of(shop).status == "won"
    wait_until(lambda: shop.receiver.times("charge.dispute.funds_reinstated") == 1)


def test_a_lost_dispute_does_not(shop: Shop) -> None:
    shop.paid(DISPUTES)
    shop.control(f"/disputes/{dispute_of(shop).id}/close", verdict="lost")
    wait_until(lambda: shop.receiver.times("charge.dispute.closed") == 1)
    assert shop.receiver.times("charge.dispute.funds_reinstated") == 0


def test_winning_evidence_wins(shop: Shop) -> None:
    shop.paid(DISPUTES)
    evidence: stripe.params.DisputeUpdateParams = {"evidence": {"uncategorized_text": "winning_evidence"}}
    assert shop.stripe.v1.disputes.update(dispute_of(shop).id, evidence).status == "under_review"
    wait_until(lambda: dispute_of(shop).status == "won")


def test_an_inquiry_leaves_the_money_and_ends_with_a_refund(shop: Shop) -> None:
    session = shop.paid(INQUIRES)
    dispute = dispute_of(shop)
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert dispute.balance_transactions == []
    shop.refunds(session)
    assert dispute_of(shop).status == "warning_closed"


def test_any_payment_can_be_disputed_by_hand(shop: Shop) -> None:
    session = shop.paid()
    made = shop.control(f"/payments/{intent(session).id}/dispute", reason="product_not_received")
    assert made["amount"] == 7500
    wait_until(lambda: shop.receiver.times("charge.dispute.created") == 1)
