"""Time in the sandbox: a clock that can be moved forward and set right again, and what happens as it runs."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

log = logging.getLogger(__name__)

ROUNDING = 0.001  # seconds; a time that was reached must never read as the second before


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

    def ahead(self) -> float:
        """Seconds that it is ahead of real time."""
        return self._ahead

    def reach(self, moment: float) -> None:
        """Move on to this time; never back."""
        self._ahead = max(self._ahead, moment - time.time() + ROUNDING)

    def show(self, moment: float) -> None:
        """Show this time, be it one that is past; nothing may wait for its own."""
        self._ahead = moment - time.time() + ROUNDING

    def show_real_time(self) -> None:
        """Be ahead no longer, though timestamps that were given out meanwhile lie ahead."""
        self._ahead = 0.0


class Due(NamedTuple):
    """Work that waits for its time; those of one time are done in the order in which they were planned."""

    moment: float
    order: int
    work: Callable[[], None]
    after_a_while: bool
    """Whether it was to happen so many seconds later, and not at a time that was named."""


class Schedule:
    """Work to be done at a time of the sandbox's clock. Callers hold the account's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[Due] = []
        self._order = itertools.count()

    def after(self, seconds: float | None, work: Callable[[], None]) -> None:
        """Do `work` once the clock has moved on by `seconds`; None is never."""
        if seconds is not None:
            self._plan(self._clock.exact() + seconds, work, after_a_while=True)

    def at(self, moment: float, work: Callable[[], None]) -> None:
        """Do `work` at this time."""
        self._plan(moment, work, after_a_while=False)

    def next_at(self) -> float | None:
        """When the next work is due, if any waits."""
        return self._due[0].moment if self._due else None

    def run_due(self) -> None:
        """Do everything whose time has come, in the order of the times."""
        self._run_until(self._clock.exact())

    def advance(self, seconds: float) -> None:
        """Let time pass; what falls due on the way is done at its own time, and bears it."""
        end = self._clock.exact() + seconds
        self._run_until(end)
        self._clock.reach(end)

    def return_to_real_time(self) -> None:
        """Set the clock right. What waits goes on waiting for what is left of its while.

        What has a time of its own keeps it, as the shop was told: a session's expiry, a dispute's deadline.
        """
        ahead = self._clock.ahead()
        self._due = [
            each._replace(moment=each.moment - ahead) if each.after_a_while else each for each in self._due
        ]
        heapq.heapify(self._due)
        self._clock.show_real_time()

    def _plan(self, moment: float, work: Callable[[], None], *, after_a_while: bool) -> None:
        heapq.heappush(self._due, Due(moment, next(self._order), work, after_a_while))

    def _run_until(self, end: float) -> None:
        while self._due and self._due[0].moment <= end:
            due = heapq.heappop(self._due)
            self._clock.reach(due.moment)
            due.work()


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
