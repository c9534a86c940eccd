"""Jobs laid out beforehand, given to a queue all at once, and how fast its workers do them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from celery import Celery
from redis import Redis

ASIDE = 1
"""The Redis database in which jobs wait until they are given out."""
WARM = 0.1
"""The part of the jobs that is done before the clock starts."""
POLL_SECONDS = 0.01
LONGEST = 300.0


@dataclass(frozen=True)
class Queue:
    """A queue on a broker of one's own."""

    redis_url: str
    name: str

    def lay_out(self, sender: Celery, task: str, arguments: Iterable[str]) -> int:
        """Put jobs aside, as Celery writes them; how many there are."""
        with sender.connection_for_write(self._aside_url) as connection:
            for argument in arguments:
                sender.send_task(task, (argument,), queue=self.name, connection=connection)
        with Redis.from_url(self._aside_url) as aside:
            return int(aside.llen(self.name))

    def set_aside(self) -> int:
        """Take what waits on the queue out of its workers' sight; how many there are."""
        with Redis.from_url(self.redis_url) as redis:
            redis.move(self.name, ASIDE)
        with Redis.from_url(self._aside_url) as aside:
            return int(aside.llen(self.name))

    def rate(self, count: int, done: Callable[[], int]) -> float:
        """Give so many jobs out: how many a second are done, once a tenth of them are."""
        before = done()
        with Redis.from_url(self._aside_url) as aside:
            aside.move(self.name, 0)
        started = _wait(lambda: done() - before >= count * WARM)
        left = count - (done() - before)
        ended = _wait(lambda: done() - before >= count)
        return left / (ended - started)

    @property
    def _aside_url(self) -> str:
        return self.redis_url.removesuffix("/0") + f"/{ASIDE}"


def _wait(until: Callable[[], Any]) -> float:
    """When it came to be."""
    deadline = time.monotonic() + LONGEST
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit("The workers did not get through their jobs.")
        time.sleep(POLL_SECONDS)
    return time.perf_counter()
