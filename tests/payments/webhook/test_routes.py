"""Where Stripe delivers: verify, enqueue, answer."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import httpx
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, event

from app.extensions import db
from app.queue import enqueue
from tests.configuration import Configure
from tests.payments.webhook.deliveries import EVENT, PAYLOAD, arguments, deliver, http, refused, signed
from tests.queues import QUEUES, elsewhere, queued

__all__ = ["http"]


@pytest.fixture
def connections(application: Flask) -> Iterator[list[object]]:
    """The database connections taken from the pool while the test runs."""
    taken: list[object] = []
    with application.app_context():
        pool: Engine = db.engine

    def note(connection: object, *_: object) -> None:
        taken.append(connection)

    event.listen(pool, "checkout", note)
    yield taken
    event.remove(pool, "checkout", note)


def test_an_event_becomes_one_message_on_its_queue(http: httpx.Client, broker: Redis) -> None:
    answer = deliver(http, PAYLOAD)

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    (message,) = queued(broker, "events")
    assert message["headers"]["task"] == "payments.handle_event"
    assert message["headers"]["request_id"] == answer.headers["X-Request-ID"]
    assert arguments(message) == [PAYLOAD]
    assert [broker.llen(queue) for queue in QUEUES] == [1, 0, 0]


def test_no_database_connection_is_opened(
    http: httpx.Client, broker: Redis, connections: list[object]
) -> None:
    deliver(http, PAYLOAD)
    assert connections == []

    http.get("/coach")
    assert len(connections) == 1  # so the listener does see them


def test_the_body_is_passed_on_as_it_came(http: httpx.Client, broker: Redis) -> None:
    payload = json.dumps(EVENT | {"note": "é 美 \u2028"}, ensure_ascii=False, indent=3)

    deliver(http, payload.encode(), signed(payload))

    assert arguments(queued(broker, "events")[0]) == [payload]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=,v1=",
        f"t={int(time.time())}",
        f"t={int(time.time())},v1=",
        f"t={int(time.time())},v1=" + "0" * 64,
        f"v1={'0' * 64}",
        "t=abc,v1=abc",
        "t,v1",
        f"t={'9' * 30},v1=abc",
        signed(PAYLOAD, "whsec_another"),
        signed(PAYLOAD + " "),
        signed(PAYLOAD).replace("v1=", "v0="),
    ],
    ids=count(),  # they hold the time, and two processes that share the tests must call them alike
)
def test_a_signature_that_does_not_fit_is_refused(http: httpx.Client, broker: Redis, signature: str) -> None:
    refused(deliver(http, PAYLOAD, signature))

    assert queued(broker, "events") == []


@pytest.mark.parametrize(
    "written",
    [
        "t= {t},v1={v1}",
        "t={t} ,v1={v1}",
        " t={t},v1={v1}",
        "t={t}, v1={v1}",
        "t=+{t},v1={v1}",
        "t=0{t}_0,v1={v1}",
        "t={t},t={now},v1={v1}",
        "t={now},t={t},v1={v1}",
        "t={t}=,v1={v1}",
        "t={t}\t,v1={v1}",
        "t={t},v1={v1},",
        "v1={v1},t= {t}",
        "t={t},v1={v1}",
    ],
)
@pytest.mark.parametrize("seconds", [400, 10**9])
def test_no_way_to_write_a_time_makes_a_signature_of_the_future_good(
    http: httpx.Client, broker: Redis, written: str, seconds: int
) -> None:
    """Signed with the right secret, as somebody who once read it would."""
    at = int(time.time()) + seconds
    v1 = signed(PAYLOAD, at=at).partition("v1=")[2]

    refused(deliver(http, PAYLOAD, written.format(t=at, now=int(time.time()), v1=v1)))


@pytest.mark.parametrize(
    "written", ["v1={v1},t={t}", "t={t},v0=a1,v1={v1}", "t={t},v1={v1},v9=x/+=", "t={t},v1=00,v1={v1}"]
)
def test_other_schemes_and_orders_of_stripe_s_are_good(
    http: httpx.Client, broker: Redis, written: str
) -> None:
    at = int(time.time())
    v1 = signed(PAYLOAD, at=at).partition("v1=")[2]

    assert deliver(http, PAYLOAD, written.format(t=at, v1=v1)).status_code == 200


def test_a_delivery_without_a_signature_is_refused(http: httpx.Client, broker: Redis) -> None:
    refused(http.post("/payment/webhook", content=PAYLOAD))


def test_a_signature_with_letters_of_other_alphabets_is_refused(application: Flask) -> None:
    headers = {"Stripe-Signature": f"t={int(time.time())},v1=é"}  # latin-1, as WSGI has it

    answer = application.test_client().post("/payment/webhook", data=PAYLOAD, headers=headers)

    assert answer.status_code == 400


@pytest.mark.parametrize("seconds", [-301, -86400, 310, 86400])
def test_an_old_or_early_signature_is_refused(http: httpx.Client, broker: Redis, seconds: int) -> None:
    refused(deliver(http, PAYLOAD, signed(PAYLOAD, at=time.time() + seconds)))


@pytest.mark.parametrize("seconds", [-290, 0, 290])
def test_clocks_may_differ_a_little(http: httpx.Client, broker: Redis, seconds: int) -> None:
    assert deliver(http, PAYLOAD, signed(PAYLOAD, at=time.time() + seconds)).status_code == 200


@pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
def test_while_a_secret_is_rolled_both_are_good(
    configure_application: Configure, http: httpx.Client, broker: Redis, secret: str
) -> None:
    configure_application(stripe_webhook_secret=("whsec_old", "whsec_new"))

    assert deliver(http, PAYLOAD, signed(PAYLOAD, secret)).status_code == 200
    refused(deliver(http, PAYLOAD, signed(PAYLOAD, "whsec_third")))


def test_one_good_signature_among_several_is_enough(http: httpx.Client, broker: Redis) -> None:
    signature = signed(PAYLOAD).replace(",v1=", f",v1={'0' * 64},v1=")

    assert deliver(http, PAYLOAD, signature).status_code == 200


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{",
        "null",
        "5",
        '"evt_1"',
        "[]",
        json.dumps([EVENT]),
        "[" * 100_000,
        '{"id": ' * 50_000,
        "{}",
        json.dumps({name: value for name, value in EVENT.items() if name != "id"}),
        json.dumps({name: value for name, value in EVENT.items() if name != "type"}),
        json.dumps({name: value for name, value in EVENT.items() if name != "data"}),
        json.dumps(EVENT | {"id": 5}),
        json.dumps(EVENT | {"id": None}),
        json.dumps(EVENT | {"data": []}),
        json.dumps(EVENT | {"data": {"object": "ch_1"}}),
    ],
    ids=lambda payload: payload[:40],
)
def test_a_body_that_is_no_event_is_refused(http: httpx.Client, broker: Redis, payload: str) -> None:
    refused(deliver(http, payload))

    assert queued(broker, "events") == []


def test_a_body_that_is_not_utf_8_is_refused(http: httpx.Client, broker: Redis) -> None:
    refused(deliver(http, b'{"id": "\xff"}'))


def test_a_body_that_is_too_large_is_refused(http: httpx.Client, broker: Redis) -> None:
    payload = json.dumps(EVENT | {"padding": "x" * 512 * 1024})

    assert deliver(http, payload).status_code == 413


@pytest.mark.parametrize("frozen", [False, True], ids=["nothing listens", "nothing answers"])
def test_a_broker_that_is_away_is_told_to_stripe_within_a_second(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        monkeypatch.setattr(enqueue, "queue", elsewhere(server.getsockname()[1]))
        if not frozen:
            server.close()
        started = time.monotonic()

        answer = deliver(http, PAYLOAD)

        took = time.monotonic() - started
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/broker-away"
    assert int(answer.headers["Retry-After"]) > 0
    assert took < 4  # the limit is a second, the rest is for a busy machine


def test_a_broker_that_freezes_in_the_middle_is_told_to_stripe_within_a_second(
    http: httpx.Client, broker: Redis
) -> None:
    assert deliver(http, PAYLOAD).status_code == 200  # so the connection stands
    broker.client_pause(10_000, all=False)
    started = time.monotonic()
    try:
        answer = deliver(http, PAYLOAD)
    finally:
        took = time.monotonic() - started
        broker.client_unpause()

    assert answer.status_code == 503
    assert took < 4  # the limit is a second, the rest is for a busy machine
    assert deliver(http, PAYLOAD).status_code == 200
