"""What stands around an event's object may be null, missing or of another kind: it is applied or refused."""

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest
from redis import Redis

from app.payments.events.status import EventStatus
from app.payments.models import Payment
from app.payments.webhook import inbox
from tests.payments.webhook.deliveries import arguments, deliver
from tests.people import Person
from tests.queues import queued
from tests.shop import Event, Shop, changed

MISSING = object()
ODD = (None, "", 7, [], {}, "x\0y", MISSING)
NEEDED = ("id", "type", "data", "data.object")
"""Without these it is no event."""
BESIDE = ("created", "livemode", "api_version", "data.previous_attributes", "request", "object")


def with_odd(event: Event, name: str, value: Any) -> bytes:
    other: Any = deepcopy(changed(event))
    *path, last = name.split(".")
    holder = other
    for part in path:
        holder = holder[part]
    holder.pop(last, None)
    if value is not MISSING:
        holder[last] = value
    return json.dumps(other).encode()


def taken(shop: Shop, http: httpx.Client, broker: Redis, body: bytes) -> int:
    """What the route answers; a worker does what it enqueued."""
    status = deliver(http, body).status_code
    for message in queued(broker, "events"):
        shop.work(inbox.process, shop.work(inbox.record, *arguments(message)))
    broker.delete("events")
    return status


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_odd_beside_the_object_keeps_no_payment_from_being_settled(
    shop: Shop, client: Person, coach: Person, http: httpx.Client, broker: Redis, name: str
) -> None:
    event = shop.paid(client.checks_out(client.books(coach)))
    broker.delete("events")

    for value in ODD:
        assert taken(shop, http, broker, with_odd(event, name, value)) == 200, value

    assert [payment.status for payment in shop.rows(Payment)] == ["succeeded"]
    assert shop.ops_mails() == []


@pytest.mark.parametrize("name", NEEDED)
def test_without_what_makes_an_event_nothing_is_settled(
    shop: Shop, client: Person, coach: Person, http: httpx.Client, broker: Redis, name: str
) -> None:
    event = shop.paid(client.checks_out(client.books(coach)))
    broker.delete("events")

    for value in ODD:
        is_empty = (name, value) == ("data.object", {})
        assert taken(shop, http, broker, with_odd(event, name, value)) == (200 if is_empty else 400), value

    assert [payment.status for payment in shop.rows(Payment)] == ["pending"]


@pytest.mark.parametrize("account", ["acct_1", "x\0y", 7])
def test_what_names_an_account_is_a_coach_s_and_settles_nothing(
    shop: Shop, client: Person, coach: Person, http: httpx.Client, broker: Redis, account: object
) -> None:
    event = shop.paid(client.checks_out(client.books(coach)))
    broker.delete("events")
    body = with_odd(event, "account", account)

    assert taken(shop, http, broker, body) == 200

    row = shop.event(json.loads(body))
    assert (row.status, row.reason) == (EventStatus.IGNORED, "it happened at a coach's own account")
    assert [payment.status for payment in shop.rows(Payment)] == ["pending"]
