"""Retry delays: growing, jittered, bounded. E-mails, events and refunds use them."""

import random
from datetime import timedelta

MAX_ATTEMPTS = 12
"""With the pauses below the last attempt comes 34 to 68 minutes after the first."""


def delay_unless_last(attempts: int) -> timedelta | None:
    """The pause after the nth attempt, None when it was the last."""
    return delay(attempts) if attempts < MAX_ATTEMPTS else None


def delay(attempts: int) -> timedelta:
    """The pause after the nth attempt: 2 s doubled each time up to an hour, half of it random.

    "Exponential Backoff And Jitter", AWS Architecture Blog: jitter spreads the retries.
    """
    longest = min(2.0**attempts, 3600.0)
    return timedelta(seconds=longest / 2 + random.uniform(0, longest / 2))  # noqa: S311 - not a secret
