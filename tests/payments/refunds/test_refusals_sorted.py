"""Each way in which Stripe does not make a refund: for good, for now, or as somebody was faster."""

from typing import Any

import pytest

from tests.payments.refunds.refund_attempts import amounts, ask, at_stripe
from tests.payments.refunds.requested_refunds import requested
from tests.people import Person
from tests.shop import Shop

FOR_NOW: dict[str, dict[str, Any]] = {
    **{
        refusal: {"refusal": refusal}
        for refusal in (
            "insufficient_balance",
            "balance_insufficient",
            "charge_disputed",
            "refund_disputed_payment",
            "no_such_payment",
            "livemode_mismatch",
        )
    },
    **{str(status): {"status": status} for status in (401, 403, 409, 424, 429, 500, 502, 503)},
    "a page of a proxy": {"text": "<html>Bad gateway</html>"},
    "nothing": {"text": ""},
    "an answer of half": {"text": '{"id": "re_1", "obj'},
    "a page after the work": {"text": "<html>Sign in to this network</html>", "after_work": True},
    "cut off after the work": {"close_connection": True, "after_work": True},
}
FOR_GOOD: dict[str, dict[str, Any]] = {
    "too_old": {"refusal": "too_old"},
    "charge_not_refundable": {"refusal": "charge_not_refundable"},
    "400": {"status": 400},
}
OF_REFUNDS = {"path": "/v1/refunds", "method": "POST", "times": 3}
"""Stripe's package asks three times by itself where it may be a matter of moments."""


@pytest.mark.parametrize("fault", FOR_NOW.values(), ids=FOR_NOW)
def test_what_may_pass_leaves_the_refund_owed_and_it_is_made_once(
    shop: Shop, client: Person, coach: Person, fault: dict[str, Any]
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", **OF_REFUNDS, **fault)

    ask(shop, refund_id)
    assert amounts(shop) == [("by_hand", "pending", 2500)]
    shop.sandbox.behaves()
    ask(shop, refund_id, times=2)

    assert at_stripe(shop, checkout) == 2500
    assert amounts(shop) == [("by_hand", "succeeded", 2500)]
    assert shop.mails("refund_failed") == []


@pytest.mark.parametrize("fault", FOR_GOOD.values(), ids=FOR_GOOD)
def test_what_stripe_would_repeat_for_ever_is_said_once_to_the_client_and_the_operator(
    shop: Shop, client: Person, coach: Person, fault: dict[str, Any]
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", **OF_REFUNDS, **fault)

    ask(shop, refund_id, times=2)

    assert (amounts(shop), at_stripe(shop, checkout)) == ([("by_hand", "failed", 2500)], 0)
    assert (len(shop.mails("refund_failed")), len(shop.ops_mails())) == (1, 1)


def test_with_the_key_of_another_account_no_refund_is_given_up_and_the_operator_hears_of_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", path="/v1/refunds", refusal="no_such_payment", times=60)

    ask(shop, refund_id, times=15)

    assert amounts(shop) == [("by_hand", "pending", 2500)]
    assert (len(shop.ops_mails()), shop.mails("refund_failed")) == (1, [])
    assert "No such payment_intent" in shop.ops_mails()[0]
    shop.sandbox.behaves()
    ask(shop, refund_id)
    assert at_stripe(shop, checkout) == 2500
