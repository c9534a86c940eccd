"""A lane of threads for one endpoint, so that a slow one holds up nobody else."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable

THREADS = 4


class Lane:
    """Does work at its time on a few threads of its own, which start when first needed."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._stopped = False

    def put(self, pause: float, work: Callable[[], None]) -> None:
        """Do `work` after a pause in real seconds; ignored once stopped."""
        with self._changed:
            if self._stopped:
                return
            heapq.heappush(self._due, (time.monotonic() + pause, next(self._order), work))
            if self._idle == 0 and self._threads < THREADS:
                self._threads += 1
                threading.Thread(target=self._run, daemon=True, name="delivery").start()
            self._changed.notify()

    def stop(self) -> None:
        """Drop what waits; what is under way ends by itself."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while work := self._next():
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopped:
                pause = self._due[0][0] - time.monotonic() if self._due else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._due)[2]
                self._idle += 1
                self._changed.wait(pause)
                self._idle -= 1
            return None
