"""What the API takes and refuses, in Stripe's words and shapes."""

import time
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.stripe.shop import Shop

HOUR = 3600


def refused(shop: Shop, **params: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.opens(**params)
    return caught.value


def test_another_key_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as caught:
        shop.client("sk_test_another").v1.balance.retrieve()
    assert caught.value.http_status == 401


def test_the_key_may_come_as_basic_user_name(shop: Shop) -> None:
    assert httpx.get(f"{shop.url}/v1/balance", auth=("sk_test_sandbox", "")).status_code == 200
    assert httpx.get(f"{shop.url}/v1/balance").status_code == 401


def test_every_answer_has_a_request_id(shop: Shop) -> None:
    for path in ("balance", "refunds/re_none", "nowhere"):
        answer = httpx.get(f"{shop.url}/v1/{path}", auth=("sk_test_sandbox", ""))
        assert answer.headers["Request-Id"].startswith("req_")


def test_an_unknown_address_is_a_404_with_stripes_error(shop: Shop) -> None:
    answer = httpx.get(f"{shop.url}/v1/foo", auth=("sk_test_sandbox", ""))
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "Unrecognized request URL (GET: /v1/foo)" in answer.json()["error"]["message"]


def test_a_missing_object_is_named(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such refund: 're_none'") as caught:
        shop.stripe.v1.refunds.retrieve("re_none")
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (
        404,
        "resource_missing",
        "id",
    )


def test_an_unknown_parameter_is_named(shop: Shop) -> None:
    error = refused(shop, colour="red")
    assert (error.code, error.param) == ("parameter_unknown", "colour")
    assert "Received unknown parameter: colour" in str(error)


def test_an_unknown_parameter_deep_inside_is_named(shop: Shop) -> None:
    item = shop.item(7500, "eur")
    item["price_data"]["product_data"]["taste"] = "sweet"
    assert refused(shop, line_items=[item]).param == "line_items[0][price_data][product_data][taste]"


def test_a_missing_parameter_is_named(shop: Shop) -> None:
    error = refused(shop, line_items=[{"price_data": {"unit_amount": 7500}, "quantity": 1}])
    assert (error.code, error.param) == ("parameter_missing", "line_items[0][price_data][currency]")


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"mode": "gift"}, "mode"),
        ({"success_url": "shop.example/paid"}, "success_url"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"cancel_url": ""}, "cancel_url"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"line_items": []}, "line_items"),
        ({"locale": "klingon"}, "locale"),
        ({"metadata": {"k" * 41: "v"}}, "metadata"),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]"),
        ({"metadata": {str(n): "v" for n in range(51)}}, "metadata"),
        ({"payment_intent_data": {"metadata": {"k" * 41: "v"}}}, "payment_intent_data[metadata]"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
    ],
)
def test_a_bad_value_is_refused_at_its_parameter(shop: Shop, params: dict[str, Any], param: str) -> None:
    assert refused(shop, **params).param == param


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "eur", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (17499, "huf", "amount_too_small"),
        (299, "sek", "amount_too_small"),
        (299, "xaf", "amount_too_small"),
        (10**12, "idr", "amount_too_large"),
        (10**10, "cop", "amount_too_large"),
        (100_000_000, "usd", "amount_too_large"),
        (7501, "isk", None),
        (23_505, "kwd", None),
        (7500, "xyz", None),
        (-1, "eur", "parameter_invalid_integer"),
    ],
)
def test_an_amount_no_card_can_carry_is_refused(shop: Shop, amount: int, currency: str, code: str) -> None:
    assert refused(shop, line_items=[shop.item(amount, currency)]).code == code


@pytest.mark.parametrize(
    ("amount", "currency"), [(50, "eur"), (30, "gbp"), (50, "jpy"), (99_999_999, "usd"), (750_000, "isk")]
)
def test_an_amount_at_the_bound_is_taken(shop: Shop, amount: int, currency: str) -> None:
    assert shop.opens(line_items=[shop.item(amount, currency)]).amount_total == amount


def test_a_session_lasts_half_an_hour_to_a_day(shop: Shop) -> None:
    now = int(time.time())
    assert "at least 30 minutes" in str(refused(shop, expires_at=now + HOUR // 2 - 60))
    assert "less than 24 hours" in str(refused(shop, expires_at=now + 24 * HOUR + 60))
    assert shop.opens(expires_at=now + HOUR).expires_at == now + HOUR
    assert abs(shop.opens().expires_at - now - 24 * HOUR) < 60


def test_a_new_session_has_no_intent_yet(shop: Shop) -> None:
    session = shop.opens(metadata={"booking": "1"}, client_reference_id="7")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.payment_intent is None
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"booking": "1"}
    assert session.url == f"{shop.url}/c/pay/{session.id}"


def test_line_items_are_listed_with_their_price(shop: Shop) -> None:
    session = shop.opens(line_items=[shop.item(5000, "eur", "One"), shop.item(2500, "eur", "Two")])
    assert session.amount_total == 7500
    items = shop.stripe.v1.checkout.sessions.line_items.list(session.id).data
    assert [(item.description, item.amount_total) for item in items] == [("One", 5000), ("Two", 2500)]


def test_only_an_open_session_can_be_expired(shop: Shop) -> None:
    session = shop.opens()
    assert shop.stripe.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match=r"status in \[\"open\"\]"):
        shop.stripe.v1.checkout.sessions.expire(session.id)


def test_a_list_is_newest_first_and_pages_on(shop: Shop) -> None:
    opened = [shop.opens().id for _ in range(5)]
    sessions = shop.stripe.v1.checkout.sessions
    first = sessions.list({"limit": 2})
    assert [each.id for each in first.data] == opened[:-3:-1]
    assert first.has_more
    assert [each.id for each in first.auto_paging_iter()] == opened[::-1]
    before = sessions.list({"limit": 2, "ending_before": opened[0]})
    assert [each.id for each in before.data] == [opened[2], opened[1]]


def test_a_limit_beyond_a_hundred_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.stripe.v1.events.list({"limit": 101})
    assert caught.value.param == "limit"


def test_sessions_are_found_by_status_intent_payer_and_time(shop: Shop) -> None:
    paid, open_ = shop.paid(), shop.opens()
    sessions = shop.stripe.v1.checkout.sessions
    found = [each.id for each in sessions.list({"status": "open"}).data]
    assert found == [open_.id]
    intent = shop.session(paid).payment_intent
    assert [each.id for each in sessions.list({"payment_intent": str(intent)}).data] == [paid.id]
    by_payer = sessions.list({"customer_details": {"email": "payer@example.com"}}).data
    assert [each.id for each in by_payer] == [paid.id]
    assert sessions.list({"created": {"gt": int(time.time()) + 60}}).data == []
    assert len(sessions.list({"created": {"gte": paid.created}}).data) == 2


def test_expansion_reaches_through_four_levels(shop: Shop) -> None:
    session = shop.paid()
    shop.control("/clock", advance_seconds=1)
    paths = ["data.payment_intent.latest_charge.balance_transaction", "data.line_items"]
    [found] = shop.stripe.v1.checkout.sessions.list({"expand": paths}).data
    transaction = found.payment_intent.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert transaction.net == 7500 - 138  # type: ignore[union-attr]
    assert found.id == session.id
    assert found.line_items is not None
    assert found.line_items.data[0].amount_total == 7500


def test_what_is_no_reference_cannot_be_expanded(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.session(shop.opens(), "amount_total")


def test_events_are_found_by_type_and_delivery(shop: Shop) -> None:
    shop.paid()
    events = shop.stripe.v1.events
    assert [each.type for each in events.list({"type": "charge.succeeded"}).data] == ["charge.succeeded"]
    both = events.list({"types": ["charge.succeeded", "payment_intent.succeeded"]}).data
    assert {each.type for each in both} == {"charge.succeeded", "payment_intent.succeeded"}
    assert all(each.type.startswith("charge.") for each in events.list({"type": "charge.*"}).data)
    with pytest.raises(stripe.InvalidRequestError):
        events.list({"types": ["charge.succeeded"] * 21})


def test_a_webhook_endpoint_shows_its_secret_once(shop: Shop) -> None:
    endpoints = shop.stripe.v1.webhook_endpoints
    made = endpoints.create({"url": "https://shop.example/hook", "enabled_events": ["charge.failed"]})
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id)
    assert endpoints.update(made.id, {"disabled": True}).status == "disabled"
    endpoints.delete(made.id)
    assert len(endpoints.list().data) == 1


def test_the_account_is_there_for_a_look(shop: Shop) -> None:
    assert shop.stripe.v1.accounts.retrieve_current().charges_enabled
