"""Heartbeats of the running beats: a key for each in Redis, which expires soon after its end."""

import logging
import os
import socket
import threading
import time
from uuid import uuid4

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PREFIX = "beat:runs:"
PAUSE = 15
"""Seconds between two heartbeats."""
KEPT = 40
"""Seconds until a heartbeat expires: one may be lost."""


def announce(redis_url: str) -> None:
    """Send heartbeats until this process ends, through outages of Redis."""
    name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    threading.Thread(target=_announce, args=(redis_url, name), daemon=True).start()


def _announce(redis_url: str, name: str) -> None:
    while True:
        sign(redis_url, name)
        time.sleep(PAUSE)


def sign(redis_url: str, name: str) -> None:
    """Leave one sign."""
    try:
        with Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2) as redis:
            redis.set(f"{PREFIX}{name}", "here", ex=KEPT)
    except RedisError as error:
        log.info("beat cannot send its heartbeat: %s", error)


def running(redis_url: str) -> list[str]:
    """Host and process id of each beat. Raises RedisError."""
    with Redis.from_url(
        redis_url, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    ) as redis:
        found = sorted(key.removeprefix(PREFIX) for key in redis.scan_iter(f"{PREFIX}*", count=1000))
    return [name.rpartition(":")[0] for name in found]
