"""A job's message put on a Redis queue by itself: kombu's pool, producer and channel take longer than Redis.

It is the message that kombu puts there, in the format that it has for all brokers without AMQP.
`tests/queue/test_enqueue.py` compares the two.
"""

import json
from base64 import b64encode
from functools import cache
from typing import Any
from uuid import uuid4

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.retry import Retry

PATIENCE = 1
"""Timeout in seconds, as in `celeryconfig`: a request must not wait for a frozen broker."""


def put(
    broker_url: str, queue: str, headers: dict[str, Any], properties: dict[str, Any], body: object
) -> None:
    """Put a message on its queue, which exists once it holds one. Raises RedisError."""
    message = {
        "body": b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {
            **properties,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
        },
    }
    _redis(broker_url).lpush(queue, json.dumps(message))


@cache
def _redis(url: str) -> Redis:
    """The client of this process. A connection that was closed while it was idle is replaced at once."""
    again = Retry(NoBackoff(), 1, supported_errors=(Disconnected,))
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=again)
