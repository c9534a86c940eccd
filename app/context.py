"""Who acts, and under which request id: known to logs, audit rows and the jobs that a request causes."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_SENSIBLE = re.compile(r"[A-Za-z0-9._:-]{8,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
actor: ContextVar[str] = ContextVar("actor", default="system")
address: ContextVar[str] = ContextVar("address", default="-")
"""Where a request comes from."""
REQUEST_BUDGET = 12.0
"""Seconds that a request may spend on others' services in all: a client and a router wait behind it."""
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""Until when, by the monotonic clock, a request may wait for them. Jobs and commands have none."""


def sensible_request_id(candidate: str | None) -> str:
    """The caller's own id where it can stand in a log line unquoted, else a new one."""
    return candidate if candidate and _SENSIBLE.fullmatch(candidate) else uuid4().hex


def begin_budget() -> None:
    """From here on the current request spends its time."""
    deadline.set(time.monotonic() + REQUEST_BUDGET)


def end_budget() -> None:
    """The request is over: what its thread does next waits as long as it likes."""
    deadline.set(None)


def time_left() -> float | None:
    """Seconds that the current request may still wait for others, 0 at least; None where nobody waits."""
    until = deadline.get()
    return None if until is None else max(0.0, until - time.monotonic())


@contextmanager
def acting(as_actor: str, under: str) -> Iterator[None]:
    """Everything inside is done by `as_actor` under the request id `under`."""
    tokens = actor.set(as_actor), request_id.set(under)
    try:
        yield
    finally:
        actor.reset(tokens[0])
        request_id.reset(tokens[1])
