"""Refunds, and what becomes of them."""

import pytest
import stripe

from tests.sandbox.stripe.shop import DECLINED, Shop, charge, intent
from tests.waiting import wait_until


def refused(shop: Shop, session: stripe.checkout.Session, amount: int) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.refunds(session, amount=amount)
    return caught.value


def test_a_refund_succeeds_and_shows_on_the_charge(shop: Shop) -> None:
    session = shop.paid()
    refund = shop.refunds(session, amount=2500, metadata={"refund": "1"}, reason="requested_by_customer")
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 2500, "eur")
    after = charge(shop.session(session, "payment_intent.latest_charge"))
    assert (after.amount_refunded, after.refunded) == (2500, False)
    wait_until(lambda: {"refund.created", "charge.refunded", "refund.updated"} <= set(shop.receiver.types()))


def test_the_rest_can_be_refunded_and_then_nothing(shop: Shop) -> None:
    session = shop.paid()
    shop.refunds(session, amount=2500)
    assert "greater than unrefunded amount on charge (€50.00)" in str(refused(shop, session, 5001))
    assert shop.refunds(session).amount == 5000
    assert charge(shop.session(session, "payment_intent.latest_charge")).refunded
    assert refused(shop, session, 1).code == "charge_already_refunded"


def test_charge_refunded_tells_what_it_was_before(shop: Shop) -> None:
    shop.refunds(shop.paid())
    [event] = shop.stripe.v1.events.list({"type": "charge.refunded"}).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"amount_refunded": 0, "refunded": False}


def test_what_was_not_paid_cannot_be_refunded(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, DECLINED)
    assert "does not have a successful charge" in str(
        refused(shop, shop.session(session, "payment_intent"), 100)
    )


def test_a_refund_needs_a_payment(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        shop.stripe.v1.refunds.create({})


def test_a_pending_refund_succeeds_later(shop: Shop) -> None:
    refund = shop.refunds(shop.paid("4000000000007726"))
    assert refund.status == "pending"
    wait_until(lambda: shop.stripe.v1.refunds.retrieve(refund.id).status == "succeeded")
    wait_until(lambda: shop.receiver.times("refund.updated") == 1)


def test_a_refund_can_fail_after_it_succeeded(shop: Shop) -> None:
    session = shop.paid("4000000000005126")
    refund = shop.refunds(session)
    assert refund.status == "succeeded"
    wait_until(lambda: shop.receiver.times("refund.failed") == 1)
    failed = shop.stripe.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert charge(shop.session(session, "payment_intent.latest_charge")).amount_refunded == 0


def test_a_refund_in_the_dashboard_has_none_of_our_metadata(shop: Shop) -> None:
    made = shop.control(f"/payments/{intent(shop.paid()).id}/refund", amount=1000)
    assert (made["amount"], made["metadata"]) == (1000, {})
    wait_until(lambda: shop.receiver.times("charge.refunded") == 1)


def test_refunds_are_listed_by_payment(shop: Shop) -> None:
    first, second = shop.paid(), shop.paid()
    refund = shop.refunds(first, amount=100)
    shop.refunds(second)
    found = shop.stripe.v1.refunds.list({"payment_intent": intent(first).id}).data
    assert [each.id for each in found] == [refund.id]
    assert [each.id for each in shop.stripe.v1.refunds.list({"charge": charge(first).id}).data] == [refund.id]


def test_a_refund_awaiting_the_payer_can_be_canceled(shop: Shop) -> None:
    session = shop.paid()
    refund = shop.refunds(session)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        shop.stripe.v1.refunds.cancel(refund.id)
    shop.control(f"/refunds/{refund.id}/status", status="requires_action")
    assert shop.stripe.v1.refunds.cancel(refund.id).status == "canceled"
    assert charge(shop.session(session, "payment_intent.latest_charge")).amount_refunded == 0


def test_a_pending_refund_waits_for_its_bank_as_long_as_it_is_told(shop: Shop) -> None:
    shop.control("/pace", refund_after=None)
    refund = shop.refunds(shop.paid("4000000000007726"))
    shop.control("/clock", advance_seconds=7 * 24 * 3600)
    assert (refund.pending_reason, shop.stripe.v1.refunds.retrieve(refund.id).status) == (
        "processing",
        "pending",
    )
    shop.control(f"/refunds/{refund.id}/status", status="failed", failure_reason="declined")
    failed = shop.stripe.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "declined")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.net == 7500
    wait_until(lambda: shop.receiver.times("refund.failed") == 1)


def test_a_refund_may_ask_the_payer_where_to_go(shop: Shop) -> None:
    shop.control("/pace", refund_after=None)
    refund = shop.refunds(shop.paid("4000000000007726"))
    asked = shop.control(f"/refunds/{refund.id}/status", status="requires_action")
    details = asked["next_action"]["display_details"]
    assert details["email_sent"]["email_sent_to"] == "payer@example.com"
    shop.control(f"/refunds/{refund.id}/status", status="succeeded")
    assert "next_action" not in shop.stripe.v1.refunds.retrieve(refund.id)


def test_a_refund_that_has_failed_stays_so(shop: Shop) -> None:
    refund = shop.refunds(shop.paid())
    shop.control(f"/refunds/{refund.id}/status", status="failed")
    answer = shop.browser.post(
        f"{shop.url}/_sandbox/refunds/{refund.id}/status", json={"status": "succeeded"}
    )
    assert (answer.status_code, "cannot go from failed" in answer.text) == (400, True)


def test_the_dashboard_moves_a_refund_on(shop: Shop) -> None:
    shop.control("/pace", refund_after=None)
    session = shop.paid("4000000000007726")
    shop.browser.post(
        f"{shop.url}/payments/{intent(session).id}/refund", data={"amount": "100", "reason": "duplicate"}
    )
    [refund] = shop.stripe.v1.refunds.list().data
    assert (refund.amount, refund.reason, refund.status) == (100, "duplicate", "pending")
    assert "Asks the payer" in shop.browser.get(f"{shop.url}/refunds").text
    shop.browser.post(f"{shop.url}/refunds/{refund.id}/status", data={"status": "requires_action"})
    shop.browser.post(f"{shop.url}/refunds/{refund.id}/status", data={"status": "canceled"})
    assert shop.stripe.v1.refunds.retrieve(refund.id).status == "canceled"
    wait_until(lambda: shop.receiver.times("refund.updated") == 2)


def test_a_refund_that_was_moved_by_hand_does_not_stop_the_clock(shop: Shop) -> None:
    shop.control("/pace", refund_after=3600)
    refund = shop.refunds(shop.paid("4000000000007726"))
    shop.control(f"/refunds/{refund.id}/status", status="succeeded")
    shop.control("/clock", advance_seconds=2 * 3600)
    assert shop.stripe.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_fees_are_not_returned_with_a_refund(shop: Shop) -> None:
    session = shop.paid("4000000000000077")
    shop.refunds(session)
    shop.control("/clock", advance_seconds=3 * 24 * 3600)
    [balance] = shop.stripe.v1.balance.retrieve().available
    assert balance.amount == -138
