"""Deliveries of every shape: what Stripe did not sign leaves nothing, what it did sign never stops a worker.

FUZZ=100 makes thousands, as `make faults` does; `make test` makes fifty, CI a few hundred.
"""

import json
import os
import time
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis import Redis
from stripe import WebhookSignature

from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.webhook import inbox
from tests.environment import WEBHOOK_SECRET
from tests.example_counts import examples
from tests.payments.webhook.deliveries import arguments
from tests.queues import queued
from tests.shop import Shop

EXAMPLES = int(os.environ.get("FUZZ") or examples(1, ci=5)) * 50
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["id", "object", "payment_intent", "payment_status", "status", "amount", "amount_total", "currency"]
) | st.sampled_from(["metadata", "client_reference_id", "livemode", "mode", "charge", "evidence_details"])
OBJECTS = st.dictionaries(NAMES | st.text(), JSON, max_size=8)
TYPES = st.sampled_from(sorted(inbox.HANDLERS)) | st.text()
EVENTS = st.fixed_dictionaries(
    {"id": NAMES | st.text(), "type": TYPES, "data": st.fixed_dictionaries({"object": OBJECTS})},
    optional={"livemode": JSON, "account": JSON, "created": JSON, "api_version": JSON},
)
BODIES = st.binary(max_size=400) | (EVENTS | JSON).map(lambda value: json.dumps(value).encode())
HEADERS = (
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(str.strip)
    | st.integers().map(lambda at: f"t={at},v1=" + "0" * 64)
    | st.sampled_from(["", "t=", "t=,v1=", "v1=", "t=1,v0=x", "t=1" * 1000, "t=9" * 99 + ",v1=x"])
)
some = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def deliver(http: httpx.Client, body: bytes, signature: str) -> int:
    headers = [(b"Stripe-Signature", signature.encode())]
    began = time.monotonic()
    status = http.post("/payment/webhook", content=body, headers=headers).status_code
    assert time.monotonic() - began < 10
    return status


def signed(body: bytes) -> str:
    text = body.decode(errors="replace")
    return str(WebhookSignature.generate_signature_header(text, WEBHOOK_SECRET, int(time.time())))


def test_what_stripe_did_not_sign_is_refused_and_leaves_nothing(http: httpx.Client, broker: Redis) -> None:
    @some
    @given(body=BODIES, signature=HEADERS)
    def refused(body: bytes, signature: str) -> None:
        assert deliver(http, body, signature) == 400

    refused()
    assert queued(broker, "events") == []


def test_what_it_did_sign_is_applied_or_set_aside(shop: Shop, http: httpx.Client, broker: Redis) -> None:
    @some
    @given(body=BODIES)
    def taken(body: bytes) -> None:
        status = deliver(http, body, signed(body))
        assert status in {200, 400}
        messages: list[dict[str, Any]] = queued(broker, "events")
        broker.delete("events")
        assert len(messages) == (status == 200)
        for message in messages:
            shop.work(inbox.process, shop.work(inbox.record, *arguments(message)))

    taken()
    rows = shop.rows(StripeEvent)
    assert rows
    assert {row.status for row in rows} <= {EventStatus.IGNORED, EventStatus.RECEIVED, EventStatus.FAILED}
