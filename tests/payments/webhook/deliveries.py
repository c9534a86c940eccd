"""Deliveries as Stripe makes them, signed or not."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask
from stripe import WebhookSignature

from tests.environment import WEBHOOK_SECRET

EVENT = {"id": "evt_1", "type": "charge.updated", "data": {"object": {"id": "ch_1", "object": "charge"}}}
PAYLOAD = json.dumps(EVENT)


@pytest.fixture
def http(application: Flask) -> Iterator[httpx.Client]:
    """HTTP to the application with its real pool of connections."""
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://test") as client:
        yield client


def signed(payload: str, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    return str(WebhookSignature.generate_signature_header(payload, secret, int(at or time.time())))


def deliver(http: httpx.Client, payload: str | bytes, signature: str | None = None) -> httpx.Response:
    text = payload if isinstance(payload, str) else payload.decode(errors="replace")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed(text) if signature is None else signature,
    }
    return http.post("/payment/webhook", content=payload, headers=headers)


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "/problems/bad-delivery"


def arguments(message: dict[str, Any]) -> list[Any]:
    (args, _, _) = json.loads(base64.b64decode(message["body"]))
    return list(args)
