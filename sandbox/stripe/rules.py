"""How deliveries are to go wrong, for those who want to see that nothing breaks."""

import random
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class Mode(StrEnum):
    """What becomes of an event on its way to an endpoint."""

    NORMAL = "normal"
    DUPLICATE = "duplicate"  # each `times` times
    DELAY = "delay"  # each `seconds` late
    HOLD = "hold"  # none until released
    REORDER = "reorder"  # collected until there are `batch`, or for `seconds`, then sent in `order`
    DROP = "drop"  # never sent, though Stripe lists the event
    LOSE = "lose"  # the event never comes to be


class Order(StrEnum):
    """The order in which held deliveries leave."""

    KEPT = "kept"
    REVERSED = "reversed"
    SHUFFLED = "shuffled"

    def arrange(self, things: list[T]) -> list[T]:
        """The things in this order."""
        if self is Order.REVERSED:
            return things[::-1]
        if self is Order.SHUFFLED:
            return random.sample(things, len(things))
        return list(things)


class Rule(BaseModel, frozen=True, extra="forbid"):
    """The mode in force, and the event types it concerns (`*` is a wildcard)."""

    mode: Mode = Mode.NORMAL
    types: list[str] = ["*"]
    times: int = Field(2, ge=1, le=100)
    seconds: float = Field(2, ge=0, le=3600)
    batch: int = Field(5, ge=1)
    order: Order = Order.REVERSED

    def mode_for(self, event_type: str) -> Mode:
        """The mode for an event of this type."""
        return self.mode if any(fnmatchcase(event_type, wanted) for wanted in self.types) else Mode.NORMAL
