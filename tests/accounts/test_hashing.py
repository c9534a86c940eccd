"""Hashing passwords is work for a processor and takes memory: few at once, whoever knocks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from tests.waiting import wait_until


class Held(PasswordHasher):
    """Keeps everybody until they may go on, and counts who is in."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may_go_on = threading.Event()
        self.inside: set[int] = set()
        self.most = 0

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.inside.add(threading.get_ident())
        self.most = max(self.most, len(self.inside))
        self.may_go_on.wait(60)
        self.inside.discard(threading.get_ident())
        return super().hash(*args, **kwargs)


def test_of_eight_who_come_together_two_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Held()
    monkeypatch.setattr(passwords, "_hasher", hasher)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(passwords.hashed, f"password {n}") for n in range(8)]
        wait_until(lambda: len(hasher.inside) == 2)
        hasher.may_go_on.set()

    assert len({each.result() for each in done}) == 8
    assert hasher.most == 2
