"""Disputes and inquiries."""

from typing import Any

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


def test_a_part_of_a_payment_can_be_disputed_and_the_rest_refunded(shop: Shop) -> None:
    session = shop.paid()
    shop.control(f"/payments/{intent(session).id}/dispute", amount=2500)
    for amount in ({}, {"amount": 5001}):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            shop.refunds(session, **amount)
        assert caught.value.code == "charge_disputed"
    assert shop.refunds(session, amount=5000).status == "succeeded"


def test_a_bank_may_claim_what_was_refunded_already(shop: Shop) -> None:
    session = shop.paid()
    shop.refunds(session, amount=2500)
    assert shop.control(f"/payments/{intent(session).id}/dispute", amount=7500)["amount"] == 7500
    answer = shop.browser.post(
        f"{shop.url}/_sandbox/payments/{intent(shop.paid()).id}/dispute", json={"amount": 7501}
    )
    assert answer.status_code == 400


def test_a_charge_is_disputed_once(shop: Shop) -> None:
    session = shop.paid(DISPUTES)
    dispute_of(shop)
    answer = shop.browser.post(f"{shop.url}/_sandbox/payments/{intent(session).id}/dispute")
    assert (answer.status_code, "cannot be disputed" in answer.text) == (400, True)


def test_evidence_can_be_collected_before_it_is_submitted(shop: Shop) -> None:
    shop.paid(DISPUTES)
    disputes, dispute_id = shop.stripe.v1.disputes, dispute_of(shop).id
    staged = disputes.update(
        dispute_id, {"evidence": {"customer_name": "Pat"}, "submit": False, "metadata": {"a": "1"}}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    submitted = disputes.update(dispute_id, {"evidence": {"product_description": "An hour"}})
    assert (submitted.status, submitted.evidence_details.submission_count) == ("under_review", 1)
    assert submitted.evidence.customer_name == "Pat"
    wait_until(lambda: shop.receiver.times("charge.dispute.updated") == 2)


def test_who_does_not_answer_in_time_loses(shop: Shop) -> None:
    shop.paid(DISPUTES)
    due_by = dispute_of(shop).evidence_details.due_by
    shop.control("/clock", to=due_by)
    lost = dispute_of(shop)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)
    [closed] = shop.stripe.v1.events.list({"type": "charge.dispute.closed"}).data
    assert due_by is not None
    assert 0 <= closed.created - due_by < 60


def test_who_has_answered_does_not(shop: Shop) -> None:
    shop.paid(DISPUTES)
    shop.stripe.v1.disputes.update(dispute_of(shop).id, {"evidence": {"customer_name": "Pat"}})
    shop.control("/clock", advance_seconds=30 * 24 * 3600)
    assert dispute_of(shop).status == "under_review"


def test_accepting_a_dispute_loses_it(shop: Shop) -> None:
    shop.paid(DISPUTES)
    assert shop.stripe.v1.disputes.close(dispute_of(shop).id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.stripe.v1.disputes.close(dispute_of(shop).id)
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.stripe.v1.disputes.update(dispute_of(shop).id, {"evidence": {"customer_name": "Pat"}})


def test_an_inquiry_that_nobody_follows_up_ends_after_months(shop: Shop) -> None:
    shop.paid(INQUIRES)
    dispute_of(shop)
    shop.control("/clock", advance_seconds=121 * 24 * 3600)
    ended = dispute_of(shop)
    assert (ended.status, ended.evidence_details.past_due) == ("warning_closed", True)
    assert shop.receiver.times("charge.dispute.funds_withdrawn") == 0


@pytest.mark.parametrize("by_evidence", [True, False])
def test_an_inquiry_can_become_a_chargeback(shop: Shop, by_evidence: bool) -> None:
    session = shop.paid(INQUIRES)
    inquiry = dispute_of(shop)
    if by_evidence:
        evidence: stripe.params.DisputeUpdateParams = {
            "evidence": {"uncategorized_text": "escalate_inquiry_evidence"}
        }
        assert shop.stripe.v1.disputes.update(inquiry.id, evidence).status == "warning_under_review"
    else:
        shop.control(f"/disputes/{inquiry.id}/escalate")
    wait_until(lambda: shop.receiver.times("charge.dispute.funds_withdrawn") == 1)
    assert (dispute_of(shop).status, dispute_of(shop).is_charge_refundable) == ("needs_response", False)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        shop.refunds(session)


def test_a_pending_refund_fails_when_its_charge_is_disputed(shop: Shop) -> None:
    session = shop.paid("4000000000007726")
    shop.control("/pace", refund_after=60)
    refund = shop.refunds(session, amount=2500)
    shop.control(f"/payments/{intent(session).id}/dispute")
    shop.control("/clock", advance_seconds=60)
    failed = shop.stripe.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")


def test_a_won_dispute_may_cost_its_fee_all_the_same(shop: Shop) -> None:
    shop.paid(DISPUTES)
    shop.control(f"/disputes/{dispute_of(shop).id}/close", verdict="won", keep_fee=True)
    moved = dispute_of(shop).balance_transactions
    assert [(each.amount, each.fee) for each in moved] == [(-7500, 1500), (7500, 0)]


def test_disputes_are_listed_by_payment_and_time(shop: Shop) -> None:
    first, second = shop.paid(), shop.paid()
    made = [shop.control(f"/payments/{intent(each).id}/dispute")["id"] for each in (first, second)]
    disputes = shop.stripe.v1.disputes
    assert [each.id for each in disputes.list({"payment_intent": intent(first).id}).data] == [made[0]]
    assert [each.id for each in disputes.list({"charge": charge(second).id}).data] == [made[1]]
    assert disputes.list({"created": {"gt": disputes.retrieve(made[1]).created}}).data == []


def test_the_dashboard_disputes_with_reason_and_amount(shop: Shop) -> None:
    payment = intent(shop.paid()).id
    typed = {"amount": "2500", "reason": "product_not_received", "kind": "inquiry"}
    shop.browser.post(f"{shop.url}/payments/{payment}/dispute", data=typed)
    inquiry = dispute_of(shop)
    assert (inquiry.amount, inquiry.reason, inquiry.status) == (
        2500,
        "product_not_received",
        "warning_needs_response",
    )
    assert "Escalate" in shop.browser.get(f"{shop.url}/disputes").text
    shop.browser.post(f"{shop.url}/disputes/{inquiry.id}/escalate")
    shop.browser.post(f"{shop.url}/disputes/{inquiry.id}/close", data={"verdict": "won"})
    assert dispute_of(shop).status == "won"


def test_evidence_is_no_longer_than_a_bank_reads(shop: Shop) -> None:
    shop.paid(DISPUTES)
    dispute_id, disputes = dispute_of(shop).id, shop.stripe.v1.disputes
    with pytest.raises(stripe.InvalidRequestError, match="at most 20000 characters") as caught:
        disputes.update(dispute_id, {"evidence": {"uncategorized_text": "x" * 20_001}})
    assert caught.value.param == "evidence[uncategorized_text]"

    fields = [
        "access_activity_log",
        "billing_address",
        "cancellation_rebuttal",
        "duplicate_charge_explanation",
    ]
    fields += ["product_description", "refund_policy_disclosure", "refund_refusal_explanation"]
    most: Any = {"evidence": dict.fromkeys(fields, "x" * 20_000), "submit": False}
    disputes.update(dispute_id, most)
    with pytest.raises(stripe.InvalidRequestError, match="limited to 150000"):
        disputes.update(dispute_id, {"evidence": {"uncategorized_text": "x" * 10_001}})
