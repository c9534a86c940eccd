"""One event on its way to one endpoint, and whose events an endpoint is for."""

from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.postman import Attempt


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # for its first attempt or the next one
    HELD = "held"
    DROPPED = "dropped"
    DELIVERED = "delivered"
    FAILED = "failed"  # after the last attempt


class Audience(StrEnum):
    """Whose events an endpoint is for (Stripe: "Connect webhooks")."""

    OWN = "own"
    CONNECTED = "connected"
    ALL = "all"  # as when Stripe's CLI forwards both to one address

    def includes(self, event: Json) -> bool:
        """Whether the event is meant for it."""
        return self is Audience.ALL or (self is Audience.CONNECTED) is ("account" in event)


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    event: str
    type: str
    endpoint: str
    url: str
    state: State = State.WAITING
    attempts: list[Attempt] = field(default_factory=list)
    next_attempt_at: float | None = None
    id: str = field(default_factory=lambda: new_id("del"))

    @property
    def unanswered(self) -> bool:
        """Neither answered nor failed even once, though under way."""
        return self.state is State.WAITING and not self.attempts
