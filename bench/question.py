"""A question put to the application, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass

Ask = Callable[[], int]
"""Asks, and tells how many things the answer has."""


@dataclass(frozen=True)
class Question:
    """Asked by the nth of the regulars; what has to be known before it can be asked is found out first."""

    name: str
    by: Callable[[int], Ask]
    longest: float | None = 10.0
    """Milliseconds; None where the answer itself is too long, or too much is written, for that."""
    is_flat: bool = True
    """Whether it takes no longer in a larger business, which has no more to find or to delete."""
