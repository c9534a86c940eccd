"""Paying by SEPA Direct Debit: complete at once, paid or not only later."""

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

PAYS, PAYS_SLOWLY = "DE89370400440532013000", "AT32 1904 3002 3547 3204"
FAILS, FAILS_SLOWLY = "DE62370400440532013001", "DE78370400440532013004"
NO_FUNDS, DISPUTES = "AT981904300002222227", "DE35370400440532013002"


def debited(shop: Shop, iban: str) -> stripe.checkout.Session:
    """A session in which a debit was begun."""
    session = shop.opens()
    assert shop.debits(session, iban).status_code == 303
    return shop.session(session, "payment_intent.latest_charge")


def test_a_debit_completes_the_session_but_does_not_pay_it(shop: Shop) -> None:
    session = debited(shop, PAYS_SLOWLY)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (intent(session).status, intent(session).amount_received) == ("processing", 0)
    assert (charge(session).status, charge(session).paid) == ("pending", False)
    told = {"charge.pending", "payment_intent.processing", "checkout.session.completed"}
    wait_until(lambda: told <= set(shop.receiver.types()))
    assert "charge.succeeded" not in shop.receiver.types()


def test_the_money_comes_later(shop: Shop) -> None:
    session = debited(shop, PAYS)
    wait_until(lambda: shop.receiver.times("checkout.session.async_payment_succeeded") == 1)
    paid = shop.session(session, "payment_intent.latest_charge")
    assert (paid.payment_status, intent(paid).status, charge(paid).status) == (
        "paid",
        "succeeded",
        "succeeded",
    )
    assert {"charge.succeeded", "payment_intent.succeeded"} <= set(shop.receiver.types())


@pytest.mark.parametrize(("iban", "code"), [(FAILS, "refer_to_customer"), (NO_FUNDS, "insufficient_funds")])
def test_the_money_may_not_come(shop: Shop, iban: str, code: str) -> None:
    session = debited(shop, iban)
    wait_until(lambda: shop.receiver.times("checkout.session.async_payment_failed") == 1)
    failed = shop.session(session, "payment_intent.latest_charge")
    assert (failed.status, failed.payment_status) == ("complete", "unpaid")
    assert (intent(failed).status, charge(failed).failure_code) == ("requires_payment_method", code)
    error = intent(failed).last_payment_error
    assert error is not None
    assert error.code == code
    assert {"charge.failed", "payment_intent.payment_failed"} <= set(shop.receiver.types())


@pytest.mark.parametrize(("iban", "status"), [(PAYS_SLOWLY, "paid"), (FAILS_SLOWLY, "unpaid")])
def test_a_slow_bank_takes_three_minutes_of_the_clock(shop: Shop, iban: str, status: str) -> None:
    session = debited(shop, iban)
    shop.control("/clock", advance_seconds=100)
    assert intent(shop.session(session, "payment_intent")).status == "processing"
    shop.control("/clock", advance_seconds=80)
    answered = shop.session(session, "payment_intent")
    assert (answered.payment_status, intent(answered).status != "processing") == (status, True)


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_bank_can_be_made_to_answer_by_hand(shop: Shop, outcome: str) -> None:
    shop.control("/pace", debit_after=None)
    session = debited(shop, PAYS)
    shop.control("/clock", advance_seconds=3600)
    assert intent(shop.session(session, "payment_intent")).status == "processing"
    shop.control(f"/payments/{session.id}/debit", outcome=outcome)
    wait_until(lambda: shop.receiver.times(f"checkout.session.async_payment_{outcome}") == 1)
    again = shop.browser.post(f"{shop.url}/_sandbox/payments/{session.id}/debit", json={"outcome": outcome})
    assert again.status_code == 400
    assert "is not processing" in again.text


def test_a_failed_debit_takes_back_what_it_brought_and_costs_a_fee(shop: Shop) -> None:
    session = debited(shop, FAILS_SLOWLY)
    wait_until(lambda: charge(shop.session(session, "payment_intent.latest_charge")).balance_transaction)
    shop.control("/clock", advance_seconds=180)
    failed = charge(
        shop.session(session, "payment_intent.latest_charge.failure_balance_transaction")
    ).failure_balance_transaction
    assert isinstance(failed, stripe.BalanceTransaction)
    assert (failed.type, failed.amount, failed.fee) == ("payment_failure_refund", -7500, 350 - 35)


def test_a_disputed_debit_is_lost_at_once(shop: Shop) -> None:
    debited(shop, DISPUTES)
    wait_until(lambda: shop.receiver.times("charge.dispute.closed") == 1)
    [dispute] = shop.stripe.v1.disputes.list().data
    assert (dispute.status, dispute.reason) == ("lost", "debit_not_authorized")


def test_a_refund_to_an_account_takes_its_time(shop: Shop) -> None:
    session = debited(shop, PAYS_SLOWLY)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.refunds(session)
    shop.control("/clock", advance_seconds=180)
    refund = shop.refunds(session)
    assert refund.status == "pending"
    wait_until(lambda: shop.stripe.v1.refunds.retrieve(refund.id).status == "succeeded")


def test_the_payers_mandate_is_on_record(shop: Shop) -> None:
    details = charge(debited(shop, PAYS)).payment_method_details
    assert details is not None
    assert details.sepa_debit is not None
    mandate = shop.stripe.v1.mandates.retrieve(str(details.sepa_debit.mandate))
    assert (mandate.status, details.sepa_debit.last4, details.sepa_debit.country) == ("active", "3000", "DE")


def test_debits_are_offered_for_euros_only(shop: Shop) -> None:
    assert shop.opens().payment_method_types == ["card", "sepa_debit"]
    assert shop.opens(line_items=[shop.item(7500, "usd")]).payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError, match="No valid payment method types"):
        shop.opens(line_items=[shop.item(7500, "usd")], allowed_payment_method_types=["sepa_debit"])


def test_a_method_that_is_not_offered_cannot_be_used(shop: Shop) -> None:
    session = shop.opens(excluded_payment_method_types=["sepa_debit"])
    assert "SEPA" not in shop.browser.get(str(session.url)).text
    assert shop.debits(session, PAYS).headers["Location"] == f"/c/pay/{session.id}"
    only_debit = shop.opens(allowed_payment_method_types=["sepa_debit"])
    assert shop.pays(only_debit).headers["Location"] == f"/c/pay/{only_debit.id}"
    assert shop.session(only_debit).payment_intent is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"iban": ""}, "Required"),
        ({"iban": "DE8937040044"}, "incomplete"),
        ({"iban": "DE88370400440532013000"}, "invalid"),
        ({"iban": "NL91ABNA0417164300"}, "no test IBAN"),
        ({"account_holder": ""}, "Required"),
        ({"email": "nobody"}, "Your email is invalid."),
    ],
)
def test_a_mistyped_account_is_shown_and_not_debited(
    shop: Shop, fields: dict[str, str], message: str
) -> None:
    session = shop.opens()
    page = shop.debits(session, PAYS, **fields).text
    assert message in page
    assert 'value="sepa_debit" checked' in page
    assert shop.session(session).payment_intent is None


def test_a_card_can_be_declined_before_an_account_is_debited(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, "4000000000000002")
    shop.debits(session, PAYS)
    wait_until(lambda: shop.session(session).payment_status == "paid")
    assert len(shop.stripe.v1.payment_intents.list().data) == 1


def test_the_page_of_a_session_whose_debit_is_under_way_says_so(shop: Shop) -> None:
    session = debited(shop, PAYS_SLOWLY)
    assert "Your bank has been asked" in shop.browser.get(f"{shop.url}/c/pay/{session.id}").text
    assert "Debit succeeds" in shop.browser.get(shop.url).text


def test_what_the_dashboard_has_on_is_offered_and_only_what_is_played_is_shown(shop: Shop) -> None:
    shop.control("/payment-methods", on=["card", "multibanco", "oxxo"])
    session = shop.opens()
    assert session.payment_method_types == ["card", "multibanco"]
    assert shop.pays(session).status_code == 303
    assert shop.session(session).payment_status == "paid"
    shop.control("/reset")
    assert shop.opens().payment_method_types == ["card", "sepa_debit"]
