"""Time in the sandbox: a clock that can be moved forward, and what happens by itself as it runs."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Clock:
    """Real time plus what it was advanced by."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def exact(self) -> float:
        """Seconds since the epoch, with fractions."""
        return time.time() + self._ahead

    def now(self) -> int:
        """Seconds since the epoch, as Stripe writes times."""
        return int(self.exact())

    def advance(self, seconds: float) -> None:
        """Let time pass; it never runs backwards, as timestamps already given out would lie ahead."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._ahead += seconds


class Schedule:
    """Work to be done at a time of the sandbox's clock. Callers hold the account's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do `work` once the clock has moved on by `seconds`."""
        heapq.heappush(self._due, (self._clock.exact() + seconds, next(self._order), work))

    def run_due(self) -> None:
        """Do everything whose time has come, in the order of the times."""
        while self._due and self._due[0][0] <= self._clock.exact():
            _, _, work = heapq.heappop(self._due)
            work()


class Ticker:
    """A background thread that does `work` every `period` seconds."""

    def __init__(self, period: float, work: Callable[[], None]) -> None:
        self._period = period
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="ticker")

    def start(self) -> None:
        """Let time pass."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            try:
                self._work()
            except Exception:  # a bug in one piece of work must not stop time for the rest
                log.exception("scheduled work failed")
