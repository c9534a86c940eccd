"""What the middleware answers is what Flask would: status, headers, body, log, metrics and job."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from redis import Redis
from werkzeug.test import Client

from app import create_app
from app.config.environment import Environment
from app.config.settings import Settings
from app.payments.webhook import routes
from app.payments.webhook.middleware import PATH, DeliveryMiddleware
from app.queue import enqueue
from tests.payments.webhook.deliveries import EVENT, PAYLOAD, arguments, signed
from tests.queues import elsewhere, queued

TOO_LARGE = json.dumps(EVENT | {"padding": "x" * 512 * 1024}).encode()
NOT_UTF_8 = b'{"id": "\xff"}'
NO_SUCH_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post")


@dataclass(frozen=True)
class Request:
    """A delivery, unless something in it is said otherwise. A header that is None is not sent."""

    method: str = "POST"
    path: str = PATH
    body: bytes = PAYLOAD.encode()
    headers: dict[str, str | None] = field(default_factory=dict)
    environ: dict[str, Any] = field(default_factory=dict)

    def sent(self, app: Flask) -> dict[str, Any]:
        """What the caller sees of it."""
        usual = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signed(self.body.decode(errors="replace")),
        }
        headers = {name: value for name, value in (usual | self.headers).items() if value is not None}
        answer = Client(app).open(
            self.path, method=self.method, data=self.body, headers=headers, environ_overrides=self.environ
        )
        told = answer.headers.pop("X-Request-ID")
        text = answer.get_data(as_text=True).replace(told, "REQUEST-ID")
        assert len(told) == 32
        return {"status": answer.status, "headers": sorted(answer.headers), "body": text}


USUAL = {
    "a delivery": Request(),
    "an id of a router": Request(headers={"X-Request-ID": "router-7"}),
    "an id that is unfit for a log": Request(headers={"X-Request-ID": "two words"}),
    "the address of a router": Request(headers={"X-Forwarded-For": "203.0.113.9:4711"}),
    "headers without a meaning here": Request(
        headers={"Range": "bytes=0-3", "If-None-Match": "*", "Cookie": "a=b", "Expect": "100-continue"}
    ),
    "a wish for a page": Request(headers={"Accept": "text/html"}),
    "an odd host": Request(headers={"Host": "bad host!"}),
    "another charset": Request(headers={"Content-Type": "application/json; charset=latin-1"}),
    "no signature": Request(headers={"Stripe-Signature": None}),
    "an empty signature": Request(headers={"Stripe-Signature": ""}),
    "a bad signature": Request(headers={"Stripe-Signature": signed(PAYLOAD, "whsec_another")}),
    "a malformed signature": Request(headers={"Stripe-Signature": "nonsense"}),
    "an empty body": Request(body=b"", environ={"CONTENT_LENGTH": "0"}),
    "no JSON": Request(body=b"{"),
    "no event": Request(body=b"{}"),
    "not UTF-8": Request(body=NOT_UTF_8),
    "a body that breaks off": Request(environ={"CONTENT_LENGTH": str(len(PAYLOAD) + 9)}),
    "a body that goes on": Request(environ={"CONTENT_LENGTH": str(len(PAYLOAD) - 9)}),
}
"""The middleware answers these."""
UNUSUAL = {
    **{f"the method {method}": Request(method) for method in NO_SUCH_METHODS},
    "a trailing slash": Request(path=f"{PATH}/"),
    "two slashes": Request(path=f"/{PATH}"),
    "a capital": Request(path="/payment/Webhook"),
    "a query": Request(path=f"{PATH}?a=b"),
    "too many parameters": Request(path=f"{PATH}?{'a&' * 100}"),
    "a page of ours": Request(headers={"Origin": "http://localhost:3000"}),
    "a page of others": Request(headers={"Origin": "https://stranger.example"}),
    "a token": Request(headers={"Authorization": "Bearer a.b.c"}),
    "a form": Request(headers={"Content-Type": "application/x-www-form-urlencoded"}),
    "a form with too many fields": Request(
        body=b"a&" * 100, headers={"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "no content type": Request(headers={"Content-Type": None}),
    "a socket": Request(headers={"Connection": "Upgrade", "Upgrade": "websocket"}),
    "too large": Request(body=TOO_LARGE),
    "a length that is no number": Request(environ={"CONTENT_LENGTH": "1_0"}),
    "a length below 0": Request(environ={"CONTENT_LENGTH": "-1"}),
    "a length of too many digits": Request(environ={"CONTENT_LENGTH": "9" * 5000}),
    "no body": Request(body=b""),
    "no length": Request(environ={"CONTENT_LENGTH": ""}),
    "chunks": Request(
        environ={"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    ),
    "chunks that are too large": Request(
        body=TOO_LARGE,
        environ={"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
    ),
    "chunks and a length": Request(environ={"HTTP_TRANSFER_ENCODING": "chunked"}),
}
"""Flask answers these."""


def seen(app: Flask, broker: Redis, caplog: pytest.LogCaptureFixture, request: Request) -> dict[str, Any]:
    """What a request leaves behind, without its ids and its time."""
    caplog.clear()
    before = _counted()
    answer = request.sent(app)
    jobs = [arguments(message) for message in queued(broker, "events")]
    ids = {message["headers"]["request_id"] for message in queued(broker, "events")}
    lines = [record.args for record in caplog.records if record.name == "app.request"]
    broker.delete("events")
    return {
        **answer,
        "jobs": jobs,
        "ids": [len(each) for each in ids],
        "lines": [(*args[:3], args[4]) for args in lines if isinstance(args, tuple)],
        "counted": {name: value - before.get(name, 0) for name, value in _counted().items()},
    }


def _counted() -> dict[str, float]:
    return {
        str(sorted(sample.labels.items())) + sample.name: sample.value
        for metric in REGISTRY.collect()
        if metric.name in {"culturebridge_requests", "culturebridge_request_seconds"}
        for sample in metric.samples
        if sample.name.endswith(("_total", "_count"))
    }


@pytest.mark.parametrize("request_", (USUAL | UNUSUAL).values(), ids=(USUAL | UNUSUAL).keys())
def test_every_request_is_answered_as_flask_answers_it(
    application: Flask,
    broker: Redis,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    request_: Request,
) -> None:
    caplog.set_level(logging.INFO)
    found = seen(application, broker, caplog, request_)
    monkeypatch.setattr(DeliveryMiddleware, "_is_usual", lambda *_: False)

    by_flask = seen(application, broker, caplog, request_)

    assert {name: value for name, value in found["counted"].items() if value} == {
        name: value for name, value in by_flask["counted"].items() if value
    }
    assert found | {"counted": None} == by_flask | {"counted": None}
    assert len(found["lines"]) == 1


@pytest.mark.parametrize("request_", USUAL.values(), ids=USUAL.keys())
def test_the_usual_delivery_does_not_wait_for_flask(
    application: Flask, broker: Redis, monkeypatch: pytest.MonkeyPatch, request_: Request
) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("it came to Flask")

    monkeypatch.setattr(application, "request_context", fails)

    request_.sent(application)


def test_a_broker_that_is_away_is_answered_as_by_flask(
    application: Flask, broker: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(enqueue, "queue", elsewhere(1))
    found = seen(application, broker, caplog, Request())
    monkeypatch.setattr(DeliveryMiddleware, "_is_usual", lambda *_: False)

    assert found["status"].startswith("503")
    assert seen(application, broker, caplog, Request())["body"] == found["body"]


def test_an_error_of_ours_is_answered_as_by_flask(
    application: Flask, broker: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(routes, "enqueue_directly", fails)
    found = Request().sent(application)
    assert "a fault of ours" in caplog.text
    monkeypatch.setattr(DeliveryMiddleware, "_is_usual", lambda *_: False)

    assert found["status"].startswith("500")
    assert Request().sent(application) == found


@pytest.mark.parametrize("request_", [Request(), Request(body=b"{}")], ids=["taken", "refused"])
def test_in_production_the_headers_are_flask_s_too(
    application: Flask, broker: Redis, monkeypatch: pytest.MonkeyPatch, request_: Request
) -> None:
    app = create_app(Settings.load().model_copy(update={"app_env": Environment.PRODUCTION}))
    found = request_.sent(app)
    monkeypatch.setattr(DeliveryMiddleware, "_is_usual", lambda *_: False)

    assert "Strict-Transport-Security" in dict(found["headers"])
    assert request_.sent(app) == found
