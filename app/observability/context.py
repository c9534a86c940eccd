"""Who acts, and under which request id: known to logs, audit rows and the jobs that a request causes."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv6Address, IPv6Network, ip_address
from uuid import uuid4

_WITH_PORT = re.compile(r"(?:(?P<v4>[0-9.]+):[0-9]{1,5}|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?)")
_FIT_FOR_LOGS = re.compile(r"[A-Za-z0-9._:-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Our own, and of one request alone."""
caller_request_id: ContextVar[str | None] = ContextVar("caller_request_id", default=None)
"""What the caller, or a router in front, names the request by. Anybody may send anything, also twice."""
actor: ContextVar[str] = ContextVar("actor", default="system")
address: ContextVar[str] = ContextVar("address", default="-")
"""Where a request comes from."""
REQUEST_BUDGET = 12.0
"""Seconds that a request may spend on others' services in all: a client and a router wait behind it."""
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""Until when, by the monotonic clock, a request may wait for them. Jobs and commands have none."""


def new_request_id() -> str:
    return uuid4().hex


def fit_for_logs(sent: str | None) -> str | None:
    """The caller's id where it can stand in a log line unquoted, else none."""
    return sent if sent and _FIT_FOR_LOGS.fullmatch(sent) else None


def without_port(told: str) -> str:
    """An address of which a router tells the port too, as some do in X-Forwarded-For.

    Each connection has another, and none may have a count of its own.
    """
    found = _WITH_PORT.fullmatch(told)
    return (found["v4"] or found["v6"]) if found else told


def network() -> str | None:
    """Where a request comes from: of IPv6 the line, which has 2**64 addresses of its own.

    None outside of requests.
    """
    told = address.get()
    try:
        known = ip_address(told)
    except ValueError:
        return None if told == "-" else told
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Network((known, 64), strict=False))
    return str(known.ipv4_mapped or known if isinstance(known, IPv6Address) else known)


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
