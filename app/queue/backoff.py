"""Retry delays: growing, jittered, bounded. The numbers of a policy stand beside what retries."""

import random
from dataclasses import dataclass
from datetime import timedelta

MAX_DOUBLINGS = 30
"""More only overflow: the longest pause is reached long before."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait before each retry, and how often to try."""

    first: timedelta
    """The longest pause after the first attempt. It doubles after each further one."""
    longest: timedelta
    """The bound of the doubled pause."""
    max_attempts: int | None = None
    """The number of the last attempt; None to retry without end."""

    def delay(self, attempts: int) -> timedelta:
        """The pause after the nth attempt, half of it random.

        "Exponential Backoff And Jitter", AWS Architecture Blog: jitter spreads the retries.
        """
        doubled = min(self.first * (1 << min(attempts - 1, MAX_DOUBLINGS)), self.longest)
        return doubled / 2 + doubled / 2 * random.random()  # noqa: S311 - not a secret

    def delay_unless_last(self, attempts: int) -> timedelta | None:
        """The pause after the nth attempt, None when it was the last."""
        return None if attempts == self.max_attempts or self.is_exceeded(attempts) else self.delay(attempts)

    def is_exceeded(self, attempts: int) -> bool:
        """Whether there were more attempts than allowed, because workers died during the last one."""
        return self.max_attempts is not None and attempts > self.max_attempts
