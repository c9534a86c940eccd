"""Who acts, and under which request id: known to logs, audit rows and the jobs that a request causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_SENSIBLE = re.compile(r"[A-Za-z0-9._:-]{8,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
actor: ContextVar[str] = ContextVar("actor", default="system")
address: ContextVar[str] = ContextVar("address", default="-")
"""Where a request comes from."""


def sensible_request_id(candidate: str | None) -> str:
    """The caller's own id where it can stand in a log line unquoted, else a new one."""
    return candidate if candidate and _SENSIBLE.fullmatch(candidate) else uuid4().hex


@contextmanager
def acting(as_actor: str, under: str) -> Iterator[None]:
    """Everything inside is done by `as_actor` under the request id `under`."""
    tokens = actor.set(as_actor), request_id.set(under)
    try:
        yield
    finally:
        actor.reset(tokens[0])
        request_id.reset(tokens[1])
