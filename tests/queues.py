"""The broker's queues, looked into."""

import json
from typing import Any

from celery import Celery
from redis import Redis

from app.queue.names import QueueNames

QUEUES = tuple(QueueNames)


def queued(broker: Redis, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, the oldest first."""
    return [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]


def elsewhere(port: int) -> Celery:
    """The task queue, its broker being on this port."""
    queue = Celery("elsewhere")
    queue.config_from_object("celeryconfig")
    queue.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    return queue
