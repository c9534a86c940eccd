"""Failures on request, the clock, and the dashboard's pages and buttons."""

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, intent
from tests.waiting import wait_until


def test_a_rate_limit_passes_and_is_not_remembered(shop: Shop) -> None:
    shop.control("/faults", path="/v1/checkout/sessions", method="POST", status=429, times=2)
    options: stripe.RequestOptions = {"idempotency_key": "k"}
    wanted = shop.wants()
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            shop.stripe.v1.checkout.sessions.create(wanted, options)  # type: ignore[arg-type]
    assert shop.stripe.v1.checkout.sessions.create(wanted, options).id  # type: ignore[arg-type]


def test_a_busy_stripe_says_when_to_come_again(shop: Shop) -> None:
    shop.control("/faults", path="/v1/balance", status=429, retry_after_seconds=7)
    with pytest.raises(stripe.RateLimitError) as caught:
        shop.stripe.v1.balance.retrieve()
    assert caught.value.headers["Retry-After"] == "7"  # type: ignore[index]


def test_a_failure_may_come_before_or_after_the_work(shop: Shop) -> None:
    for after_work, made in ((False, 0), (True, 1)):
        shop.control(
            "/faults", path="/v1/checkout/sessions", method="POST", status=500, after_work=after_work
        )
        with pytest.raises(stripe.APIError):
            shop.opens()
        assert len(shop.stripe.v1.checkout.sessions.list().data) == made


def test_an_outage_after_the_work_hides_a_success(shop: Shop) -> None:
    shop.control("/faults", path="/v1/checkout/sessions", method="POST", status=503, after_work=True)
    client = shop.client("sk_test_sandbox", max_network_retries=1)
    made = client.v1.checkout.sessions.create(shop.wants())  # type: ignore[arg-type]
    assert [each.id for each in shop.stripe.v1.checkout.sessions.list().data] == [made.id]


def test_a_cut_connection_may_hide_a_success(shop: Shop) -> None:
    shop.control("/faults", path="/v1/checkout/sessions", after_work=True, close_connection=True)
    options: stripe.RequestOptions = {"idempotency_key": "k"}
    with pytest.raises(stripe.APIConnectionError):
        shop.stripe.v1.checkout.sessions.create(shop.wants(), options)  # type: ignore[arg-type]
    again = shop.stripe.v1.checkout.sessions.create(shop.wants(), options)  # type: ignore[arg-type]
    assert [each.id for each in shop.stripe.v1.checkout.sessions.list().data] == [again.id]


def test_a_cut_connection_may_hide_nothing(shop: Shop) -> None:
    shop.control("/faults", path="/v1/checkout/sessions", close_connection=True)
    with pytest.raises(stripe.APIConnectionError):
        shop.opens()
    assert shop.stripe.v1.checkout.sessions.list().data == []


def test_an_answer_may_say_something_else_or_be_none_of_stripe_s(shop: Shop) -> None:
    shop.opens()
    listed = shop.stripe.v1.checkout.sessions.list
    says = {"data.0.status": "a_value_of_tomorrow", "has_more": None}
    shop.control("/faults", says=says, lacks=["data.0.url"])
    (told,), more = listed().data, shop.look("/requests")["requests"][0]["answer"]["has_more"]
    assert (told.status, hasattr(told, "url"), more) == ("a_value_of_tomorrow", False, False)
    shop.control("/faults", text="<html>")
    with pytest.raises(stripe.APIError):
        listed()
    assert listed().data[0].status == "open"


def test_a_fault_may_be_for_one_order_alone(shop: Shop) -> None:
    shop.control("/faults", params={"client_reference_id": "order 2"}, close_connection=True, times=9)
    assert shop.opens(client_reference_id="order 1").status == "open"
    with pytest.raises(stripe.APIConnectionError):
        shop.opens(client_reference_id="order 2")


def test_faults_can_be_taken_back(shop: Shop) -> None:
    shop.control("/faults", status=500, times=9)
    assert len(shop.look("/faults")["faults"]) == 1
    shop.browser.delete(f"{shop.url}/_sandbox/faults")
    assert shop.opens().status == "open"


def test_a_control_that_does_not_exist_is_refused(shop: Shop) -> None:
    answer = shop.browser.post(f"{shop.url}/_sandbox/faults", json={"stauts": 500})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "stauts"


def test_sessions_expire_as_time_passes(shop: Shop) -> None:
    session = shop.opens()
    shop.control("/clock", advance_seconds=23 * 3600)
    assert shop.session(session).status == "open"
    shop.control("/clock", advance_seconds=3600)
    assert shop.session(session).status == "expired"
    wait_until(lambda: shop.receiver.times("checkout.session.expired") == 1)


def test_a_reset_forgets_everything(shop: Shop) -> None:
    session = shop.paid()
    shop.control("/reset")
    with pytest.raises(stripe.InvalidRequestError):
        shop.session(session)
    assert len(shop.stripe.v1.webhook_endpoints.list().data) == 1


@pytest.mark.parametrize(
    "path", ["/", "/refunds", "/disputes", "/balance", "/accounts", "/events", "/deliveries", "/requests"]
)
def test_the_dashboard_shows_everything_escaped(shop: Shop, path: str) -> None:
    session = shop.paid("4000000000000259", line_items=[shop.item(7500, "eur", "<script>alert(1)</script>")])
    shop.refunds(shop.paid(), metadata={"<i>": "<script>"})
    wait_until(lambda: shop.stripe.v1.disputes.list().data)
    page = shop.browser.get(shop.url + path)
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "€75.00" in page.text or path in {"/accounts", "/events", "/deliveries", "/requests"}
    assert shop.browser.get(f"{shop.url}/objects/{session.id}").status_code == 200


def test_the_dashboard_refunds_disputes_resends_and_sets_the_rule(shop: Shop) -> None:
    first, second = intent(shop.paid()).id, intent(shop.paid()).id
    assert shop.browser.post(f"{shop.url}/payments/{first}/refund", data={"amount": "100"}).status_code == 303
    assert shop.browser.post(f"{shop.url}/payments/{second}/dispute").status_code == 303
    [dispute] = shop.stripe.v1.disputes.list().data
    shop.browser.post(f"{shop.url}/disputes/{dispute.id}/close", data={"verdict": "won"})
    assert shop.stripe.v1.disputes.retrieve(dispute.id).status == "won"
    assert shop.stripe.v1.refunds.list().data[0].amount == 100
    event = shop.stripe.v1.events.list({"type": "charge.refunded"}).data[0].id
    shop.browser.post(f"{shop.url}/events/{event}/resend")
    wait_until(lambda: shop.receiver.times("charge.refunded") == 2)
    shop.browser.post(f"{shop.url}/deliveries/rule", data={"mode": "hold", "types": "charge.*, refund.*"})
    assert shop.look("/deliveries/rule")["types"] == ["charge.*", "refund.*"]


def test_the_dashboard_says_why_it_refuses(shop: Shop) -> None:
    session = shop.paid()
    answer = shop.browser.post(f"{shop.url}/sessions/{session.id}/expire")
    assert answer.status_code == 400
    assert "That cannot be done" in answer.text
