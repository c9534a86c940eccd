"""Events on their way to the shop: signed, retried, and led astray on request."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.receiver import SECRET, Receiver
from tests.sandbox.stripe.shop import Shop
from tests.waiting import wait_until


def delivery(shop: Shop, **query: str) -> Any:
    [found] = shop.look("/deliveries", **query)["deliveries"]
    return found


def expires(shop: Shop) -> str:
    """Something that makes one event: its id."""
    shop.stripe.v1.checkout.sessions.expire(shop.opens().id)
    return shop.stripe.v1.events.list({"limit": 1}).data[0].id


def test_an_event_is_signed_and_as_stripe_writes_it(shop: Shop) -> None:
    expires(shop)
    [event] = wait_until(lambda: shop.receiver.events)
    assert (event["type"], event["pending_webhooks"]) == ("checkout.session.expired", 1)
    assert event["api_version"] == stripe.api_version
    assert event["request"]["id"].startswith("req_")
    assert shop.receiver.signatures[0].startswith("t=")


def test_success_is_told_by_the_events_list(shop: Shop) -> None:
    event_id = expires(shop)
    delivered = wait_until(lambda: shop.stripe.v1.events.list({"delivery_success": True}).data)
    assert [event.id for event in delivered] == [event_id]
    assert shop.stripe.v1.events.list({"delivery_success": False}).data == []


def test_a_failed_delivery_is_retried_and_signed_anew(shop: Shop) -> None:
    shop.receiver.answers = [500, 302]
    event_id = expires(shop)
    wait_until(lambda: delivery(shop, event=event_id)["state"] == "delivered")
    attempts = delivery(shop, event=event_id)["attempts"]
    assert [attempt["status"] for attempt in attempts] == [500, 302, 200]
    assert len(shop.receiver.events) == 3


def test_after_the_last_retry_the_delivery_has_failed(shop: Shop) -> None:
    shop.receiver.answers = [500] * 9
    event_id = expires(shop)
    wait_until(lambda: delivery(shop, event=event_id)["state"] == "failed")
    assert len(delivery(shop, event=event_id)["attempts"]) == 3
    assert [event.id for event in shop.stripe.v1.events.list({"delivery_success": False}).data] == [event_id]


def test_no_answer_in_time_is_a_failure(shop: Shop) -> None:
    shop.receiver.pause = 0.7
    event_id = expires(shop)
    attempts = wait_until(lambda: delivery(shop, event=event_id)["attempts"])
    assert attempts[0]["status"] is None
    assert "Timeout" in attempts[0]["error"]
    shop.receiver.pause = 0.0
    wait_until(lambda: delivery(shop, event=event_id)["state"] == "delivered")


def test_a_dead_endpoint_does_not_hold_up_another(shop: Shop) -> None:
    endpoint: stripe.params.WebhookEndpointCreateParams = {
        "url": "http://127.0.0.1:1/gone",
        "enabled_events": ["checkout.session.expired"],
    }
    dead = shop.stripe.v1.webhook_endpoints.create(endpoint)
    event_id = expires(shop)
    wait_until(lambda: shop.receiver.times("checkout.session.expired") == 1)
    wait_until(lambda: delivery(shop, event=event_id, endpoint=dead.id)["state"] == "failed")
    assert shop.stripe.v1.events.retrieve(event_id).pending_webhooks == 1


def test_an_endpoint_hears_only_what_it_asked_for(shop: Shop) -> None:
    [endpoint] = shop.stripe.v1.webhook_endpoints.list().data
    shop.stripe.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": ["charge.succeeded"]})
    shop.paid()
    wait_until(lambda: shop.receiver.events)
    assert set(shop.receiver.types()) == {"charge.succeeded"}


def test_duplicates_on_request(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="duplicate", times=3)
    expires(shop)
    wait_until(lambda: shop.receiver.times("checkout.session.expired") == 3)
    assert len({event["id"] for event in shop.receiver.events}) == 1


def test_held_events_are_released_in_reverse_and_repeated(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="hold")
    shop.paid()
    wait_until(lambda: len(shop.look("/deliveries", state="held")["deliveries"]) == 5)
    assert shop.receiver.events == []
    assert shop.control("/deliveries/release", order="reversed", times=2)["released"] == 5
    wait_until(lambda: len(shop.receiver.events) == 10)
    assert shop.receiver.types()[::2] == [
        "charge.updated",
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_a_batch_is_reordered_on_request(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="reorder", batch=4, seconds=30)
    shop.paid()
    wait_until(lambda: len(shop.receiver.events) >= 4)
    assert shop.receiver.types()[0] == "checkout.session.completed"
    assert shop.receiver.types()[3] == "payment_intent.created"


def test_a_batch_that_does_not_fill_leaves_in_time(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="reorder", batch=99, seconds=0.2)
    expires(shop)
    wait_until(lambda: shop.receiver.events)


def test_a_late_event_is_late(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="delay", seconds=0.3)
    event_id = expires(shop)
    assert shop.receiver.events == []
    wait_until(lambda: delivery(shop, event=event_id)["state"] == "delivered")


def test_a_dropped_event_is_on_the_list_but_never_arrives(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="drop", types=["checkout.session.*"])
    shop.paid()
    wait_until(lambda: len(shop.receiver.events) == 4)
    assert "checkout.session.completed" not in shop.receiver.types()
    undelivered = shop.stripe.v1.events.list({"delivery_success": False}).data
    assert [event.type for event in undelivered] == ["checkout.session.completed"]


def test_a_lost_event_never_was(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="lose", types=["checkout.session.completed"])
    assert shop.paid().status == "complete"
    assert shop.stripe.v1.events.list({"type": "checkout.session.completed"}).data == []


def test_an_event_can_be_sent_again(shop: Shop) -> None:
    event_id = expires(shop)
    wait_until(lambda: len(shop.receiver.events) == 1)
    shop.control(f"/events/{event_id}/resend")
    wait_until(lambda: [event["id"] for event in shop.receiver.events] == [event_id] * 2)


def test_chosen_events_are_posted_at_once_and_their_answers_told(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="drop")
    first, second = expires(shop), expires(shop)
    shop.receiver.answers = [200, 503]
    answers = shop.control("/deliver", events=[second, first], times=2)["answers"]
    assert [(answer["event"], answer["status"]) for answer in answers] == [
        (second, 200),
        (second, 503),
        (first, 200),
        (first, 200),
    ]
    assert [event["id"] for event in shop.receiver.events] == [second, second, first, first]


def test_chosen_events_may_race(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="drop")
    answers = shop.control("/deliver", events=[expires(shop)], times=8, concurrently=True)["answers"]
    assert [answer["status"] for answer in answers] == [200] * 8


def test_the_signature_is_of_this_very_moment(shop: Shop) -> None:
    shop.control("/clock", advance_seconds=7 * 24 * 3600)
    expires(shop)
    wait_until(lambda: shop.receiver.events)  # the receiver verifies it, with Stripe's tolerance
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header("{}", shop.receiver.signatures[0], SECRET, tolerance=300)


def test_an_endpoint_of_its_own_has_a_secret_of_its_own(shop: Shop, receiver: Receiver) -> None:
    [first] = shop.stripe.v1.webhook_endpoints.list().data
    shop.stripe.v1.webhook_endpoints.delete(first.id)
    wanted: stripe.params.WebhookEndpointCreateParams = {"url": receiver.url, "enabled_events": ["*"]}
    made = shop.stripe.v1.webhook_endpoints.create(wanted)
    assert made.secret is not None
    receiver.secret = made.secret
    expires(shop)
    wait_until(lambda: receiver.events)
