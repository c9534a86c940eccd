"""Errands that are begun on time, whether those before them are done or not."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

MAX_AT_ONCE = 200
"""So many are under way at once; where answers take longer, the errands after them begin late."""


def at_pace(errands: Sequence[Callable[[], object]], a_second: float) -> list[float]:
    """Seconds until each was done, counted from when it was due: to begin late is to wait as well."""
    began = time.perf_counter() + 0.1

    def run(number: int) -> float:
        due = began + number / a_second
        time.sleep(max(0.0, due - time.perf_counter()))
        errands[number]()
        return time.perf_counter() - due

    with ThreadPoolExecutor(min(MAX_AT_ONCE, len(errands))) as pool:
        return list(pool.map(run, range(len(errands))))


def share(waits: Sequence[float], part: float) -> float:
    """What so large a part of them took at most."""
    return sorted(waits)[min(len(waits) - 1, int(part * len(waits)))]
