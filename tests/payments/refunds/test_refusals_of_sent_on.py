"""Refunds of what was sent on to a coach: whatever Stripe refuses first, the client has it back, once."""

from typing import Any

import pytest

from tests.payments.payouts.connected_accounts import has, onboarded, paid
from tests.payments.refunds.refund_attempts import amounts, ask, at_stripe
from tests.payments.refunds.requested_refunds import requested
from tests.people import Person
from tests.shop import Shop

pytestmark = pytest.mark.usefixtures("connect")
TAKEN_BACK: dict[str, dict[str, Any]] = {
    **{
        refusal: {"refusal": refusal}
        for refusal in ("charge_disputed", "refund_disputed_payment", "no_such_payment", "livemode_mismatch")
    },
    **{str(status): {"status": status} for status in (401, 409, 424, 429, 500)},
    "a page of a proxy": {"text": "<html>"},
    "no object": {"text": "[]", "after_work": True},
}
FROM_OURS = ("insufficient_balance", "balance_insufficient", "no_such_transfer", "charge_not_refundable")
OF_REFUNDS = {"path": "/v1/refunds", "method": "POST"}


def refund_of_all(shop: Shop, client: Person, coach: Person, **fault: Any) -> int:
    """What of a payment is back with the client at Stripe, after this went wrong at first."""
    checkout = paid(shop, client, onboarded(shop, coach))
    refund_id = requested(shop, checkout)
    shop.sandbox.control("/faults", **OF_REFUNDS, **fault)
    ask(shop, refund_id)
    assert shop.mails("refund_failed") == []
    shop.sandbox.behaves()
    ask(shop, refund_id, times=2)
    assert amounts(shop) == [("by_hand", "succeeded", 7500)]
    return at_stripe(shop, checkout)


@pytest.mark.parametrize("fault", TAKEN_BACK.values(), ids=TAKEN_BACK)
def test_what_may_pass_takes_it_back_from_the_coach_in_the_end(
    shop: Shop, client: Person, coach: Person, fault: dict[str, Any]
) -> None:
    assert (refund_of_all(shop, client, coach, times=3, **fault), has(shop, coach)) == (7500, 0)


@pytest.mark.parametrize("refusal", FROM_OURS)
def test_what_stripe_does_not_take_back_the_client_gets_from_us(
    shop: Shop, client: Person, coach: Person, refusal: str
) -> None:
    assert (refund_of_all(shop, client, coach, refusal=refusal), has(shop, coach)) == (7500, 7500)
