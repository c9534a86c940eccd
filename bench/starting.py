"""How long processes take until they are of use, and how much memory they then have."""

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from tempfile import TemporaryDirectory
from uuid import uuid4

from celery import Celery
from redis import Redis

from app.queue.enqueue import queue
from app.queue.names import TaskNames
from bench import asking, bare_worker, processes, system
from bench.web import free_port, lines
from sandbox.environment import with_programs
from sandbox.supervisor import Supervisor

LOOK_SECONDS = 0.01
PATIENCE = 60.0

OURS = lines()
BARE_WEB = (
    "gunicorn --config bench/__init__.py --bind 127.0.0.1:{port} --workers 2 --threads 8 bench.bare:bare"
)
"""That file is empty: nothing of ours is configured, and so nothing of it imported."""
BARE_WORKER = "celery --quiet --app bench.bare_worker worker --without-gossip --without-mingle"


@dataclass
class Starts:
    """Of one command, round by round."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    """Of all its processes together, each with its share of what they have in common."""

    def add(self, seconds: float, pids: Collection[int]) -> None:
        self.seconds.append(seconds)
        self.megabytes.append(total(pids) if processes.is_counted() else 0.0)


class Starter:
    """Starts one command at a time, beside servers that run."""

    def __init__(self, found: Mapping[str, str]) -> None:
        self._found = found

    def web(self, command: str, starts: Starts) -> None:
        """Until it answers that it is ready."""
        port = free_port()
        self._start(command.format(port=port), {"PORT": str(port)}, lambda: _is_ready(port), starts)

    def worker(self, command: str, application: Celery, task: str, starts: Starts) -> None:
        """Until it has done a job that waited for it."""
        sign = f"sign {uuid4()}"
        with application.connection_for_write(self._found["REDIS_URL"]) as broker:
            application.send_task(task, args=[sign], connection=broker)
        with Redis.from_url(self._found["REDIS_URL"]) as redis:
            self._start(command, {}, lambda: bool(redis.exists(sign)), starts)

    def _start(
        self, command: str, more: Mapping[str, str], is_of_use: Callable[[], bool], starts: Starts
    ) -> None:
        with TemporaryDirectory(prefix="culturebridge-") as leftovers, Supervisor(lambda: True) as foreman:
            quietly = {**system.QUIETLY, "TMPDIR": leftovers}
            environ = {**with_programs(os.environ), **self._found, **quietly, **more}
            began = time.perf_counter()
            foreman.start({"it": command}, environ)
            until(is_of_use)
            starts.add(time.perf_counter() - began, foreman.pids("it"))


def total(pids: Collection[int]) -> float:
    """Megabytes of the processes together."""
    return sum(processes.memory(pid).with_share for pid in pids)


def until(condition: Callable[[], bool]) -> None:
    """Returns once it is so. Raises SystemExit when that takes for ever."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("A process that was started is of no use.")
        time.sleep(LOOK_SECONDS)


def web(starter: Starter, ours: Starts, bare: Starts) -> None:
    starter.web(OURS["web"], ours)
    starter.web(BARE_WEB, bare)


def worker(starter: Starter, ours: Starts, bare: Starts) -> None:
    starter.worker(OURS["worker"], queue, TaskNames.PING_EVENTS, ours)
    starter.worker(BARE_WORKER, bare_worker.app, "bare.leave_a_sign", bare)


def _is_ready(port: int) -> bool:
    try:
        asking.ask(port, "GET", "/health/ready", {})
    except (OSError, HTTPException, asking.Refused):
        return False
    return True
