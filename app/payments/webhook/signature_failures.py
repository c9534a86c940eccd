"""Counts deliveries in a row with a wrong signature: a hint that the secret is wrong.

The count is in Redis and only a hint: it can be lost, and strangers can add to it.
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
"""Seconds to keep the count: as long as Stripe retries a delivery."""
PATIENCE = 0.2
"""Timeout in seconds: a 400 must not wait for an unreachable Redis."""
PAUSE = 10
"""Seconds between two resets of the count by one process."""
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
    """Reset the count after a good delivery. The worker calls it, so that no delivery waits."""
    if time.monotonic() - current_app.extensions.get(_noted, -PAUSE) < PAUSE:
        return
    current_app.extensions[_noted] = time.monotonic()
    try:
        _redis().delete(KEY)
    except RedisError as error:
        log.info("cannot record that deliveries are valid: %s", error)


def in_a_row() -> int:
    """The count since the last good delivery. Raises RedisError."""
    return int(_redis().get(KEY) or 0)


def _redis() -> Redis:
    url = current_settings().redis_url
    held = current_app.extensions.setdefault(
        f"redis of {KEY} at {url}",
        Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE),
    )
    assert isinstance(held, Redis)
    return held
