"""A Stripe that has only lists: payments that came evenly, three events, a session and an intent of each.

It makes up each object when it is listed, so that there can be any number of them.
"""

import hashlib
import json
import math
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from bench.unpaid import CURRENCY, PRICE
from sandbox.stripe.objects import Json, shaped

TYPES = ("checkout.session.completed", "payment_intent.succeeded", "charge.updated")
"""The events of each payment."""
DEPLOYMENT = UUID(int=1)
"""Whose payments they are."""
_NAME, _CREATED, _PAYMENT, _INDEX = "bench-name", 1_234_567_890, "bench-payment", "bench-index"
_METADATA = {"payment_id": _PAYMENT, "deployment_id": str(DEPLOYMENT)}


@dataclass(frozen=True)
class Payments:
    """Payments that came one after the other, so many a second."""

    since: int
    count: int
    a_second: float

    @property
    def until(self) -> int:
        """The second after the last."""
        return self.since + math.ceil(self.count / self.a_second)

    def before(self, second: int) -> int:
        """How many came before it."""
        return min(max(math.ceil((second - self.since) * self.a_second), 0), self.count)

    def second(self, number: int) -> int:
        """When this one came."""
        return self.since + int(number / self.a_second)


def payment_id(number: int) -> UUID:
    return UUID(bytes=hashlib.md5(f"payment {number}".encode(), usedforsecurity=False).digest())


def stripe_id(prefix: str, index: int) -> str:
    return f"{prefix}_bench_{index:08}"


@dataclass
class Lists:
    """What each path lists, and how often it was asked."""

    payments: Payments
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, asked: Mapping[str, str]) -> str:
        """The page as JSON."""
        with self.lock:
            self.asked += 1
        each, render = self._kinds.get(path, (0, str))
        if not each or "delivery_success" in asked or not self._has_types(asked):
            return '{"object": "list", "data": [], "has_more": false}'
        first = self.payments.before(int(asked["created[gte]"])) * each
        last = self.payments.before(int(asked["created[lt]"])) * each
        if after := asked.get("starting_after"):
            last = int(after.rpartition("_")[2])
        indexes = range(last - 1, first - 1, -1)
        objects = ",".join(render(index) for index in indexes[: int(asked["limit"])])
        has_more = json.dumps(len(indexes) > int(asked["limit"]))
        return f'{{"object": "list", "data": [{objects}], "has_more": {has_more}}}'

    @staticmethod
    def _has_types(asked: Mapping[str, str]) -> bool:
        types = [value for name, value in asked.items() if name.startswith("types[")]
        return not types or TYPES[0] in types

    @cached_property
    def _kinds(self) -> dict[str, tuple[int, Callable[[int], str]]]:
        """How many objects a payment has, and the JSON of each, by path."""
        texts = [json.dumps(_event(kind)) for kind in TYPES]
        session, intent = json.dumps(_session()), json.dumps(_intent())
        return {
            "/v1/events": (3, lambda index: self._text(texts[index % 3], "evt", index, index // 3)),
            "/v1/checkout/sessions": (1, lambda index: self._text(session, "cs", index, index)),
            "/v1/payment_intents": (1, lambda index: self._text(intent, "pi", index, index)),
        }

    def _text(self, text: str, prefix: str, index: int, number: int) -> str:
        text = text.replace(_NAME, stripe_id(prefix, index)).replace(_INDEX, f"{number:08}")
        text = text.replace(str(_CREATED), str(self.payments.second(number)))
        return text.replace(_PAYMENT, str(payment_id(number)))


def _session() -> Json:
    return shaped(
        "checkout.session",
        id=_NAME,
        created=_CREATED,
        payment_intent=_intent() | {"id": stripe_id("pi", 0).replace("00000000", _INDEX)},
        payment_status="paid",
        status="complete",
        amount_subtotal=PRICE,
        amount_total=PRICE,
        currency=CURRENCY.lower(),
        livemode=False,
        metadata=_METADATA,
    )


def _intent() -> Json:
    charge = shaped("charge", id=f"ch_bench_{_INDEX}", created=_CREATED)
    return shaped(
        "payment_intent",
        id=_NAME,
        created=_CREATED,
        amount=PRICE,
        amount_received=PRICE,
        currency=CURRENCY.lower(),
        latest_charge=charge,
        livemode=False,
        status="succeeded",
        metadata=_METADATA,
    )


def _event(kind: str) -> Json:
    subject = {"checkout.session.completed": _session, "payment_intent.succeeded": _intent}.get(kind, _charge)
    return shaped("event", id=_NAME, created=_CREATED, type=kind, data={"object": subject()})


def _charge() -> Json:
    intent_id = stripe_id("pi", 0).replace("00000000", _INDEX)
    charge_id = f"ch_bench_{_INDEX}"
    return shaped("charge", id=charge_id, payment_intent=intent_id, paid=True, metadata=_METADATA)


def serve(port: int, lists: Lists, latency: float) -> None:
    """Answer each request after so many seconds; `/asked` tells how many there were."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/asked":
                answer = str(lists.asked)
            else:
                time.sleep(latency)
                answer = lists.answer(parts.path, asked)
            body = answer.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    _port, _since, _count, _a_second, _latency = map(float, sys.argv[1:])
    serve(int(_port), Lists(Payments(int(_since), int(_count), _a_second)), _latency)
