"""The current actor and request id, for logs, audit rows and the jobs of a request."""

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
"""Our own id, unique to one request."""
caller_request_id: ContextVar[str | None] = ContextVar("caller_request_id", default=None)
"""The caller's or router's id of the request. It is untrusted and not unique."""
actor: ContextVar[str] = ContextVar("actor", default="system")
address: ContextVar[str] = ContextVar("address", default="-")
"""The network address of the request."""
REQUEST_BUDGET = 12.0
"""Seconds that a request may spend on external services in all, before clients and routers give up."""
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""The monotonic time until which a request may wait for them. Jobs and commands have none."""


def new_request_id() -> str:
    return uuid4().hex


def fit_for_logs(sent: str | None) -> str | None:
    """The caller's id if it is safe in a log line, otherwise none."""
    return sent if sent and _FIT_FOR_LOGS.fullmatch(sent) else None


def without_port(told: str) -> str:
    """The address without the port that some routers add in X-Forwarded-For.

    Ports differ by connection, and rate limits must not.
    """
    found = _WITH_PORT.fullmatch(told)
    return (found["v4"] or found["v6"]) if found else told


def network() -> str | None:
    """The network of a request's address: for IPv6 its /64. None outside requests."""
    told = address.get()
    try:
        known = ip_address(told)
    except ValueError:
        return None if told == "-" else told
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Network((known, 64), strict=False))
    return str(known.ipv4_mapped or known if isinstance(known, IPv6Address) else known)


def wide_network() -> str | None:
    """The /48 of an IPv6 address, which a site gets: it holds 65,536 networks. None for other addresses."""
    told = network()
    if told is None or not told.endswith("/64"):
        return None
    return str(IPv6Network(told).supernet(new_prefix=48))


def begin_request(their_id: str | None, remote_address: str | None) -> None:
    """Name the current request, and start its time budget.

    `their_id` is the X-Request-ID that the caller or a router sent.
    """
    request_id.set(new_request_id())
    caller_request_id.set(fit_for_logs(their_id))
    deadline.set(time.monotonic() + REQUEST_BUDGET)
    actor.set("anonymous")
    address.set(without_port(remote_address or "-"))


def end_request() -> None:
    """End the time budget with the request."""
    deadline.set(None)


def time_left() -> float | None:
    """Seconds left in the request's budget, at least 0; None outside requests."""
    until = deadline.get()
    return None if until is None else max(0.0, until - time.monotonic())


@contextmanager
def acting(as_actor: str, under: str) -> Iterator[None]:
    """Run the block as `as_actor` under the request id `under`."""
    tokens = actor.set(as_actor), request_id.set(under)
    try:
        yield
    finally:
        actor.reset(tokens[0])
        request_id.reset(tokens[1])
