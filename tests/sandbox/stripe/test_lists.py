"""Lists, as a shop that compares its books with Stripe's reads them."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

DAY = 24 * 3600
KINDS = ("sessions", "payment_intents", "charges", "refunds", "disputes", "balance_transactions", "events")


def service(shop: Shop, kind: str) -> Any:
    """The part of the client that lists a kind."""
    api = shop.stripe.v1
    return api.checkout.sessions if kind == "sessions" else getattr(api, kind)


def days_of_trade(shop: Shop) -> None:
    """On each of three days a payment that is partly refunded and disputed."""
    shop.control("/pace", settle_after=0)
    for day in range(3):
        session = shop.paid()
        shop.refunds(session, amount=100)
        shop.control(f"/payments/{intent(session).id}/dispute")
        if day < 2:
            shop.control("/clock", advance_seconds=DAY)


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_pages_forth_and_back(shop: Shop, kind: str) -> None:
    days_of_trade(shop)
    listed = service(shop, kind)
    everything = [each.id for each in listed.list({"limit": 100}).data]
    assert len(everything) >= 3
    first = listed.list({"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (everything[:2], True)
    assert [each.id for each in first.auto_paging_iter()] == everything
    back = listed.list({"limit": 2, "ending_before": everything[-1]})
    assert [each.id for each in back.data] == everything[-3:-1]
    assert listed.list({"starting_after": everything[-1]}).data == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_can_be_cut_by_time(shop: Shop, kind: str) -> None:
    days_of_trade(shop)
    listed = service(shop, kind)
    [newest, *_, oldest] = listed.list({"limit": 100}).data
    yesterday = newest.created - DAY + 60
    recent = listed.list({"limit": 100, "created": {"gte": yesterday}}).data
    assert recent
    assert all(each.created >= yesterday for each in recent)
    assert oldest.id not in {each.id for each in recent}
    between = listed.list({"limit": 100, "created": {"gt": oldest.created + 60, "lt": yesterday}}).data
    assert all(oldest.created < each.created < newest.created for each in between)
    assert len(between) < len(listed.list({"limit": 100}).data)


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("sessions", "data.payment_intent.latest_charge.balance_transaction", "payment_intent"),
        ("payment_intents", "data.latest_charge.balance_transaction", "latest_charge"),
        ("charges", "data.payment_intent", "payment_intent"),
        ("refunds", "data.charge.balance_transaction", "charge"),
        ("disputes", "data.charge.payment_intent", "charge"),
        ("balance_transactions", "data.source", "source"),
    ],
)
def test_every_list_expands(shop: Shop, kind: str, path: str, field: str) -> None:
    days_of_trade(shop)
    found = service(shop, kind).list({"expand": [path]}).data
    assert all(getattr(each, field).object for each in found)


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_an_unknown_cursor_is_named(shop: Shop, cursor: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="'re_none'") as caught:
        service(shop, "refunds").list({cursor: "re_none"})
    assert caught.value.param == cursor
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        service(shop, "refunds").list({"starting_after": "re_1", "ending_before": "re_2"})


def test_a_cursor_may_have_left_the_list_since_the_page_before(shop: Shop) -> None:
    first, second, third = (shop.opens() for _ in range(3))
    sessions = shop.stripe.v1.checkout.sessions
    [newest] = sessions.list({"status": "open", "limit": 1}).data
    assert newest.id == third.id
    sessions.expire(third.id)
    rest = sessions.list({"status": "open", "starting_after": third.id}).data
    assert [each.id for each in rest] == [second.id, first.id]


def test_events_that_did_not_arrive_are_found(shop: Shop) -> None:
    shop.control("/deliveries/rule", mode="drop", types=["charge.*"])
    shop.paid()
    events = shop.stripe.v1.events
    wait_until(lambda: len(events.list({"delivery_success": True}).data) == 3)
    missed = {each.type for each in events.list({"delivery_success": False}).data}
    assert missed <= {"charge.succeeded", "charge.updated"}
    both = {"types": ["charge.succeeded", "payment_intent.succeeded"], "delivery_success": False}
    assert [each.type for each in events.list(both).data] == ["charge.succeeded"]  # type: ignore[arg-type]


def test_events_are_kept_for_thirty_days(shop: Shop) -> None:
    shop.paid()
    events = shop.stripe.v1.events
    event = events.list().data[0]
    shop.control("/clock", advance_seconds=30 * DAY - 60)
    assert events.retrieve(event.id).id == event.id
    shop.control("/clock", advance_seconds=120)
    assert events.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        events.retrieve(event.id)


def test_charges_are_found_by_payment_and_the_failed_ones_with_them(shop: Shop) -> None:
    session = shop.opens()
    shop.pays(session, "4000000000000002")
    shop.pays(session)
    shop.paid()
    paid = shop.session(session, "payment_intent.latest_charge")
    found = shop.stripe.v1.charges.list({"payment_intent": intent(paid).id}).data
    assert [each.status for each in found] == ["succeeded", "failed"]
    assert found[0].id == charge(paid).id
