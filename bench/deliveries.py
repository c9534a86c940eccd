"""Stripe's deliveries, as large as real ones and each another, signed."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from uuid import uuid4

from stripe import WebhookSignature, api_version

from sandbox.stripe.objects import Json, new_id, shaped

CONNECTIONS = 16
"""That deliver at once."""
PATIENCE = 60
"""Seconds."""
HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def event(event_type: str, subject: Json) -> str:
    """An event about the subject, as Stripe writes it: each field on a line of its own, 3 KB and more."""
    made = shaped(
        "event",
        id=new_id("evt"),
        api_version=api_version,
        created=int(time.time()),
        data={"object": subject},
        request={"id": new_id("req"), "idempotency_key": new_id("key")},
        type=event_type,
    )
    return json.dumps(made, indent=2)


def signature(payload: str, secret: str) -> str:
    """The Stripe-Signature header, good for five minutes."""
    return str(WebhookSignature.generate_signature_header(payload, secret, int(time.time())))


def paid_sessions(count: int) -> Iterator[str]:
    """`checkout.session.completed` so many times, each of another session that nobody knows."""
    for _ in range(count):
        session = shaped(
            "checkout.session",
            id=new_id("cs_test"),
            payment_intent=new_id("pi"),
            payment_status="paid",
            status="complete",
            amount_subtotal=7500,
            amount_total=7500,
            currency="eur",
            client_reference_id=str(uuid4()),
            metadata={"booking_id": str(uuid4()), "payment_id": str(uuid4())},
            success_url="https://app.example/paid?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="https://app.example/cancelled",
        )
        yield event("checkout.session.completed", session)


def deliver_all(port: int, path: str, payloads: Sequence[str], secret: str) -> int:
    """Deliver each once, over connections that stay open; how many were not taken."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for payload in payloads:
        waiting.put(payload)

    def deliver(_: int) -> int:
        refused = 0
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            while payload := _next(waiting):
                headers = {**HEADERS, "Stripe-Signature": signature(payload, secret)}
                try:
                    connection.request("POST", path, payload, headers)
                    answer = connection.getresponse()
                    answer.read()
                    refused += answer.status != 200
                except (HTTPException, OSError):
                    refused += 1
                    connection.close()
        return refused

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(deliver, range(CONNECTIONS)))


def _next(waiting: "SimpleQueue[str]") -> str | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def keep(payloads: Iterable[str], secret: str, file: Path) -> None:
    """One after the other, for `deliver.lua`: the signature, a tab, the body, and a form feed."""
    with file.open("w") as kept:
        for payload in payloads:
            kept.write(f"{signature(payload, secret)}\t{payload}\f")
