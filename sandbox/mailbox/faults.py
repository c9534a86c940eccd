"""What the mailbox's SMTP server does wrong on demand, so that senders can be tested against it."""

import threading
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Stage = Literal["mail", "rcpt", "data"]


class Fault(BaseModel):
    """One fault: where it strikes, whom, how often, and what the sender then sees.

    Without `reply` the mail is accepted, but late by `delay_seconds`, or with the connection dropped before
    the answer: then it arrived although its sender was never told.
    """

    model_config = ConfigDict(extra="forbid")

    at: Stage = "data"
    reply: str | None = Field(default=None, pattern=r"^[2-5]\d\d [\x20-\x7e]+$")
    to: str | None = None
    times: int = Field(default=1, ge=1)
    delay_seconds: float = Field(default=0, ge=0, le=600)
    drop_after_data: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.to and self.at == "mail":
            raise ValueError("at MAIL the recipient is not known yet: use rcpt or data together with to")
        if self.drop_after_data and self.at != "data":
            raise ValueError("drop_after_data strikes at data")
        if not (self.reply or self.delay_seconds or self.drop_after_data):
            raise ValueError("say what goes wrong: reply, delay_seconds or drop_after_data")
        return self

    def strikes(self, stage: Stage, recipients: list[str]) -> bool:
        """Whether it is meant for this command."""
        met = {recipient.casefold() for recipient in recipients}
        return self.at == stage and (self.to is None or self.to.casefold() in met)


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._left: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._left.append(fault)

    def left(self) -> list[Fault]:
        """Those still to come, `times` counting what is left of each."""
        with self._lock:
            return list(self._left)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def take(self, stage: Stage, recipients: list[str]) -> Fault | None:
        """The first fault meant for this command, used up by one; None when all goes well."""
        with self._lock:
            for place, fault in enumerate(self._left):
                if not fault.strikes(stage, recipients):
                    continue
                if fault.times == 1:
                    del self._left[place]
                else:
                    self._left[place] = fault.model_copy(update={"times": fault.times - 1})
                return fault
        return None
