"""How long what happens by itself takes to happen."""

from typing import Annotated

from pydantic import BaseModel, Field

Seconds = Annotated[float, Field(ge=0)] | None  # None: never by itself, only by a control


class Pace(BaseModel, frozen=True, extra="forbid"):
    """Delays in seconds of the sandbox's clock; null leaves it to the controls."""

    settle_after: Seconds = 0.5  # until a charge has its balance transaction
    debit_after: Seconds = 3  # until the bank has answered a debit
    slow_debit_after: Seconds = 180  # likewise for the test accounts that take "at least three minutes"
    refund_after: Seconds = 3  # until a pending refund succeeds, or a succeeded one fails
    dispute_after: Seconds = 1  # until the dispute of a disputing test card arrives, and until it is decided
