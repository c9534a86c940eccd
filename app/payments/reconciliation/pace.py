"""The budget of requests to Stripe, which the threads of a run share."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from threading import Event, Lock
from typing import TypeVar

from app.payments.stripe.client import StripeAway, StripeBusy
from app.queue.backoff import RetryPolicy

log = logging.getLogger(__name__)

BUSY = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1), max_attempts=8)
"""The pauses after Stripe's rate limit, unless Stripe says how long to wait."""

Answer = TypeVar("Answer")


class Pace:
    """Spaces the requests of several threads evenly, and waits out rate limits up to `patience` seconds."""

    def __init__(self, patience: float, a_second: int) -> None:
        self._patience = patience
        self._interval = 1 / a_second
        self._next = 0.0
        self._lock = Lock()
        self._stopped = Event()

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """Stripe's answer. Raises StripeAway, StripeRefused."""
        for tries in count(1):
            if self._stopped.wait(self._time_to_turn()):
                raise StripeAway("The reconciliation has ended.")
            try:
                return request()
            except StripeBusy as error:
                pause = BUSY.delay_unless_last(tries)
                if pause is None:
                    raise
                wait = error.retry_after or pause.total_seconds()
                if wait > self._patience:
                    raise
                log.warning("Stripe is busy, waiting for %.1f s", wait)
                self._hold(wait)
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Send no more requests: threads that wait for a turn give up at once."""
        self._stopped.set()

    def _time_to_turn(self) -> float:
        """Seconds until the next free turn, which is taken."""
        with self._lock:
            at = time.monotonic()
            turn = max(self._next, at)
            self._next = turn + self._interval
        return turn - at

    def _hold(self, seconds: float) -> None:
        """Give no turn for so long, to no thread."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
