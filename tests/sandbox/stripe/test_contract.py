"""The sandbox is as the `stripe` package's own types say, and the check of that notices when it is not."""

from typing import Any

from tests.sandbox.stripe.shop import ASKS, DECLINED, Shop
from tests.stripe_contract import check_answer, check_object, check_params
from tests.waiting import wait_until


def test_a_whole_life_of_payments_is_as_the_types_say(shop: Shop) -> None:
    session = shop.opens(metadata={"booking": "1"}, payment_intent_data={"description": "An hour"})
    shop.pays(session, DECLINED)
    shop.pays(session, ASKS)
    shop.authenticates(session, "refuse")
    shop.pays(session)
    refund = shop.refunds(shop.session(session, "payment_intent"), amount=1000, metadata={"a": "b"})
    shop.paid("4000000000000259")
    wait_until(lambda: "charge.dispute.funds_withdrawn" in shop.receiver.types())
    shop.stripe.v1.checkout.sessions.expire(shop.opens().id)
    shop.stripe.v1.refunds.update(refund.id, {"metadata": {"a": "c"}})
    wait_until(lambda: "refund.updated" in shop.receiver.types())
    api = shop.stripe.v1
    lists: list[Any] = [
        api.checkout.sessions, api.payment_intents, api.charges, api.refunds, api.disputes, api.events,
        api.balance_transactions, api.webhook_endpoints,
    ]  # fmt: skip
    for each in lists:
        found = each.list({"limit": 100}).data
        assert found
        each.retrieve(found[0].id)
    api.checkout.sessions.line_items.list(session.id)
    api.accounts.retrieve_current()
    api.balance.retrieve()
    expansions = [
        "payment_intent.latest_charge.balance_transaction",
        "line_items",
        "payment_intent.payment_method",
    ]
    shop.session(session, *expansions)
    # the fixture now checks every request, answer and event of this


def test_an_invented_field_is_noticed() -> None:
    refund = {"id": "re_1", "object": "refund", "amount": 1, "created": 1, "currency": "eur"}
    assert check_object(refund) == []
    assert check_object({**refund, "shape": "round"}) == ["refund.shape: no such field"]


def test_a_missing_field_is_noticed() -> None:
    assert "refund.amount: missing" in check_object({"id": "re_1", "object": "refund"})


def test_a_field_of_the_wrong_type_is_noticed() -> None:
    refund = {"id": "re_1", "object": "refund", "amount": "1", "created": 1, "currency": "eur"}
    assert check_object(refund) == ["refund.amount: '1' is no int"]


def test_a_word_that_stripe_does_not_use_is_noticed() -> None:
    refund = {
        "id": "re_1",
        "object": "refund",
        "amount": 1,
        "created": 1,
        "currency": "eur",
        "reason": "whim",
    }
    assert "refund.reason: 'whim' is none of" in check_object(refund)[0]


def test_an_invented_parameter_is_noticed_however_deep() -> None:
    params = {"line_items": [{"quantity": 1, "price_data": {"currency": "eur", "colour": "red"}}]}
    [problem] = check_params("POST", "/v1/checkout/sessions", params)
    assert problem.endswith(".line_items[0].price_data.colour: no such field")


def test_an_invented_address_is_noticed() -> None:
    assert "knows no such request" in check_params("POST", "/v1/refunds/re_1/hasten", {})[0]


def test_an_invented_error_field_is_noticed() -> None:
    assert check_answer(400, {"error": {"type": "api_error", "mood": "bad"}}) == ["error.mood: no such field"]
