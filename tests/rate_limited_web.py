"""The web server with its limits on, as in production, on the rows and queues of the whole system.

Its counts are its own, and a test says by X-Forwarded-For which address it asks from.
"""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.ports import free_port
from tests.stack import BIN, HERE, Stack, is_ready
from tests.waiting import PATIENCE, wait_until


@dataclass
class LimitedWeb:
    """A running web server, and what it logs."""

    url: str
    log: Path

    def asking_from(self, address: str) -> httpx.Client:
        """A client whose requests come from this address."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE, headers={"X-Forwarded-For": address})

    @property
    def logged(self) -> str:
        return self.log.read_text(errors="replace")


@pytest.fixture(scope="session")
def limited_server(stack: Stack) -> Iterator[tuple[LimitedWeb, Redis]]:
    port = free_port()
    counts = stack.variables["REDIS_URL"].removesuffix("/1") + "/2"
    variables = stack.variables | {
        "RATE_LIMITS": "true",
        "TRUSTED_PROXIES": "1",
        "PORT": str(port),
        "REDIS_URL": counts,
        "BROKER_URL": stack.variables["REDIS_URL"],
    }
    log_path = stack.logs / f"limited-{uuid4().hex[:6]}.log"
    with log_path.open("wb") as log:
        running = subprocess.Popen(
            [BIN / "gunicorn", "wsgi:app"],
            cwd=HERE,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    web = LimitedWeb(f"http://127.0.0.1:{port}", log_path)
    try:
        with httpx.Client(base_url=web.url, timeout=PATIENCE) as http, Redis.from_url(counts) as redis:
            wait_until(lambda: is_ready(http))
            yield web, redis
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE)


@pytest.fixture
def limited(limited_server: tuple[LimitedWeb, Redis]) -> LimitedWeb:
    """The web server with limits, counted from nothing."""
    web, redis = limited_server
    redis.flushdb()
    return web
