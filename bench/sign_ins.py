"""People who sign in at a pace: who was let in, who was told to come again, and how long all waited."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from argon2 import PasswordHasher

from app.accounts import password_hashing
from app.accounts.models import Role
from bench import asking, people
from bench.arrivals import at_pace, share
from bench.findings import Finding, Limit, Series
from bench.people import client_id

A_SECOND = 2000 / 60
PASSWORD = "correct horse battery"
SHARES = {"p50": 0.5, "p99": 0.99}
HASHING = 1.0
"""Seconds that hashes alone are counted for."""


@dataclass(frozen=True)
class Round:
    """Seconds that each waited, and how many hashes a second the machine made when it did nothing else."""

    let_in: Sequence[float]
    refused: Sequence[float]
    """They were told to come again, and are not waited for: of those who come again others are the first."""
    lasted: float
    hashes_a_second: float

    @property
    def came(self) -> int:
        return len(self.let_in) + len(self.refused)

    @property
    def a_second(self) -> float:
        return len(self.let_in) / self.lasted

    @property
    def at_most(self) -> float:
        """Who could be let in a second: all who came, or as many as there are hashes."""
        return min(self.came / self.lasted, self.hashes_a_second)


def sign_in(port: int, clients: Sequence[int], hashes: float) -> Round:
    """These clients, one after the other at their pace; some come twice."""
    statuses = [0] * len(clients)
    errands = [partial(_ask, port, client, statuses, turn) for turn, client in enumerate(clients)]
    took = at_pace(errands, A_SECOND)
    lasted = max(number / A_SECOND + seconds for number, seconds in enumerate(took))
    waits = list(zip(statuses, took, strict=True))
    let_in = [seconds for status, seconds in waits if status == 200]
    if not let_in:
        raise SystemExit("Nobody was let in.")
    return Round(let_in, [seconds for status, seconds in waits if status == asking.TOO_MANY], lasted, hashes)


def _ask(port: int, client: int, statuses: list[int], turn: int) -> None:
    """Notes which answer it was at this turn. Raises Refused for any but two."""
    body = json.dumps({"email": people.address(Role.CLIENT, client_id(client)), "password": PASSWORD})
    try:
        asking.ask(port, "POST", "/auth/login", asking.JSON, body)
        statuses[turn] = 200
    except asking.Refused as refusal:
        if refusal.status != asking.TOO_MANY:
            raise
        statuses[turn] = asking.TOO_MANY


def hashes_a_second() -> float:
    """How many this machine makes, on all its processors."""
    hasher = PasswordHasher(password_hashing.PASSES, password_hashing.KIBIBYTES, password_hashing.LANES)
    kept, until = hasher.hash(PASSWORD), time.perf_counter() + HASHING

    def hash_on(_: int) -> int:
        count = 0
        while time.perf_counter() < until:
            hasher.verify(kept, PASSWORD)
            count += 1
        return count

    processors = os.cpu_count() or 1
    with ThreadPoolExecutor(processors) as pool:
        return sum(pool.map(hash_on, range(processors))) / HASHING


def findings(rounds: Sequence[Round]) -> Iterator[Finding]:
    a_second = Series([each.a_second for each in rounds], "/s")
    most = Limit("all who came, or the hashes alone", Series([each.at_most for each in rounds], "/s"))
    yield Finding("logins", "let in a second", a_second, most)
    for said, part in SHARES.items():
        waits = Series([1000 * share(each.let_in, part) for each in rounds], "ms")
        yield Finding("logins", f"POST /auth/login answered 200, {said}", waits)
    came_again = Series([100 * len(each.refused) / each.came for each in rounds], "%")
    yield Finding("logins", "POST /auth/login answered 503", came_again)
    longest = Series([1000 * max(each.refused, default=0.0) for each in rounds], "ms")
    yield Finding("logins", "POST /auth/login answered 503, longest wait", longest)
