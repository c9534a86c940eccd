"""Waiting for a thing itself, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
PATIENCE = 120.0
"""Seconds. On a machine that does nothing else a tenth would do; what never comes fails as surely."""


def wait_until(look: Callable[[], Seen], timeout: float = PATIENCE, every: float = 0.05) -> Seen:
    """What `look` gives as soon as it is true; fails when it is not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {look}"
        time.sleep(every)
    return seen
