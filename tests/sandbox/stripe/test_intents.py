"""Payment intents outside of Checkout, and what Checkout forbids."""

import pytest
import stripe

from tests.sandbox.stripe.shop import DECLINED, Shop, intent


def test_an_intent_is_paid_with_a_test_method(shop: Shop) -> None:
    intents = shop.stripe.v1.payment_intents
    made = intents.create({"amount": 2000, "currency": "usd", "metadata": {"a": "b"}})
    assert made.status == "requires_payment_method"
    assert intents.confirm(made.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_a_declined_card_is_a_card_error_with_the_intent(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.stripe.v1.payment_intents.create(
            {"amount": 2000, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
        )
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.status == "requires_payment_method"


def test_an_intent_can_be_changed_and_canceled(shop: Shop) -> None:
    intents = shop.stripe.v1.payment_intents
    made = intents.create({"amount": 2000, "currency": "usd", "metadata": {"a": "1", "b": "2"}})
    changed = intents.update(made.id, {"metadata": {"a": "", "c": "3"}, "description": "An hour"})
    assert (changed.metadata.to_dict(), changed.description) == ({"b": "2", "c": "3"}, "An hour")
    assert intents.cancel(made.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        intents.cancel(made.id)


def test_the_intent_of_a_session_ends_only_with_the_session(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, DECLINED)
    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session"):
        shop.stripe.v1.payment_intents.cancel(intent(shop.session(session, "payment_intent")).id)
