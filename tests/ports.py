"""Ports of this machine: for servers of tests, and such that refuse every connection."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom

from tests.waiting import wait_until

OURS = range(20_000, 32_000)
"""Below the ports that Linux (32768 to 60999) and macOS give to connections and to servers of port 0.

So nothing takes one by chance before its server starts, or while that is down."""
_given: set[int] = set()
_chance = SystemRandom()
"""Not seeded with the order of the tests, which two processes of a run share."""


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ports that nothing uses. None is given twice."""
    found: list[int] = []
    while len(found) < count:
        port = _chance.choice(OURS)
        with socket.socket() as probe:
            if port not in _given and _binds(probe, port):
                _given.add(port)
                found.append(port)
    return found


def _binds(to_be_bound: socket.socket, port: int) -> bool:
    try:
        to_be_bound.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


@contextmanager
def refusing(port: int | None = None) -> Iterator[int]:
    """A port that refuses connections: it is bound, so that no test is given it, and does not listen."""
    port = free_port() if port is None else port
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a dead server linger
        wait_until(lambda: _binds(bound, port))  # its processes die one after the other
        yield port
