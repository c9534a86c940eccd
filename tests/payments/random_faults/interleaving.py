"""Two things at once, each in a thread and on a connection of its own.

The first is stopped at a point that the story chooses, such as its commit. The second then goes on until it
is done or waits for a lock, and the first after it: the same story has the same end each time.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, event, text

from app.payments.stripe import client as stripe_client
from tests.waiting import PATIENCE

Answer = TypeVar("Answer")
Action = Callable[[], object]
WAITING = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


class Stop(Enum):
    """Where the first stands still."""

    STATEMENT = auto()
    """Before a statement, so that only some of its locks are taken."""
    COMMIT = auto()
    """All is done, and nobody else sees it."""
    STRIPE_ASKED = auto()
    """Before Stripe hears of it: nothing is locked."""
    STRIPE_ANSWERED = auto()
    """Stripe has done it, and we have not written that down."""


Stopped = tuple[Stop, int]
"""Where, and how often the thread came by there."""


@dataclass
class Pause:
    """Of one thread, at the stop of that number; one that has fewer goes through."""

    stop: Stop
    number: int
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def reach(self, stop: Stop) -> None:
        if stop is self.stop:
            self.number -= 1
            if self.number == 0:
                self.begun.set()
                assert self.over.wait(PATIENCE), "nobody ends the pause"


_of_this_thread = threading.local()


def _reach(stop: Stop) -> None:
    pause: Pause | None = getattr(_of_this_thread, "pause", None)
    if pause:
        pause.reach(stop)


@contextmanager
def stops(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the application does in a thread with a pause is stopped there."""

    def on_statement(*_: Any) -> None:
        _reach(Stop.STATEMENT)

    def on_commit(_: Any) -> None:
        _reach(Stop.COMMIT)

    ask_stripe = stripe_client.call

    def call(ask: Callable[[], Answer]) -> Answer:
        _reach(Stop.STRIPE_ASKED)
        answer = ask_stripe(ask)
        _reach(Stop.STRIPE_ANSWERED)
        return answer

    monkeypatch.setattr(stripe_client, "call", call)
    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    yield
    event.remove(engine, "before_cursor_execute", on_statement)
    event.remove(engine, "commit", on_commit)


def at_once(engine: Engine, first: Action, second: Action, pause: Pause) -> None:
    """Do both. Raises what either raises."""
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(_with_pause, first, pause)
        one.add_done_callback(lambda _: pause.begun.set())
        assert pause.begun.wait(PATIENCE), "the first neither ends nor reaches its pause"
        other = threads.submit(second)
        _wait_until_done_or_locked(engine, other)
        pause.over.set()
    one.result()
    other.result()


def _with_pause(action: Action, pause: Pause) -> None:
    _of_this_thread.pause = pause
    try:
        action()
    finally:
        _of_this_thread.pause = None  # the pool may run the second action in this thread


def _wait_until_done_or_locked(engine: Engine, other: "Future[object]") -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not other.done() and not connection.execute(text(WAITING)).first():
            threading.Event().wait(0.002)
