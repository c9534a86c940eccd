"""How many deliveries in a row bore a signature that is none of ours: a hint that the secret is wrong.

Kept in Redis, and only a hint: it can be lost, and whoever knows the address can add to it.
"""

import logging
import time

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.config.settings import current_settings

log = logging.getLogger(__name__)

KEY = "webhook:refused"
KEPT = 3 * 86400
"""Seconds, as long as Stripe tries a delivery again."""
PATIENCE = 0.2
"""Seconds: who is answered 400 need not wait for a Redis that is away."""
PAUSE = 10
"""Seconds between two notes of a process that deliveries are good."""
_noted = "when good deliveries were noted"


def note_refused() -> None:
    """Count one."""
    try:
        with _redis().pipeline() as commands:
            commands.incr(KEY)
            commands.expire(KEY, KEPT)
            commands.execute()
    except RedisError as error:
        log.info("a refused delivery is not counted: %s", error)


def note_accepted() -> None:
    """The secret is good: begin to count anew. By the worker, so that no delivery waits for it."""
    if time.monotonic() - current_app.extensions.get(_noted, -PAUSE) < PAUSE:
        return
    current_app.extensions[_noted] = time.monotonic()
    try:
        _redis().delete(KEY)
    except RedisError as error:
        log.info("cannot record that deliveries are valid: %s", error)


def in_a_row() -> int:
    """How many there were since the last good one. Raises RedisError."""
    return int(_redis().get(KEY) or 0)


def _redis() -> Redis:
    url = current_settings().redis_url
    held = current_app.extensions.setdefault(
        f"redis of {KEY} at {url}",
        Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE),
    )
    assert isinstance(held, Redis)
    return held
