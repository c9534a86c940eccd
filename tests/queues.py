"""The broker's queues, looked into."""

import base64
import json
from typing import Any

from celery import Celery
from redis import Redis

from app.queue.names import QueueNames

QUEUES = tuple(QueueNames)


def queued(broker: Redis, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, the oldest first."""
    return [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]


def arguments(message: dict[str, Any]) -> list[str]:
    """What a job is called with."""
    found: list[str] = json.loads(base64.b64decode(message["body"]))[0]
    return found


def taken(broker: Redis, queue: str) -> dict[str, Any] | None:
    """The oldest message of a queue, which is then no longer there; None of an empty queue."""
    message = broker.rpop(queue)
    return None if message is None else json.loads(message)


def elsewhere(port: int) -> Celery:
    """The task queue, its broker being on this port."""
    queue = Celery("elsewhere")
    queue.config_from_object("celeryconfig")
    queue.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    return queue
