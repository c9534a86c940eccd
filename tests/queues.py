"""The broker's queues, looked into."""

import json
from typing import Any

from redis import Redis

QUEUES = ("events", "email", "schedule")


def queued(broker: Redis, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, the oldest first."""
    return [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]
