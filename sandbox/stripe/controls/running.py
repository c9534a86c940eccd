"""Controls of the sandbox as a whole: health, a fresh start, its clock and its pace."""

from typing import Literal

from flask import Response, jsonify
from pydantic import BaseModel, Field

from sandbox.stripe import operations
from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read
from sandbox.stripe.pace import Pace


class Advance(BaseModel, extra="forbid"):
    """POST /_sandbox/clock: by so much, or to a later time; or back to the real one, `now`."""

    advance_seconds: float = Field(0, ge=0)
    to: int | Literal["now"] | None = None


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    running = Running(account)
    return [
        ("GET", "/health", running.health),
        ("POST", "/reset", running.reset),
        ("GET", "/clock", running.clock),
        ("POST", "/clock", running.advance_clock),
        ("GET", "/pace", running.pace),
        ("POST", "/pace", running.set_pace),
    ]


class Running:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def health(self) -> Response:
        """Whether it answers."""
        return jsonify(status="ok", account=self._account.id)

    def reset(self) -> Response:
        """Back to the state at the start; the application, which is not asked, still knows what was paid."""
        self._account.reset()
        return jsonify(reset=True, hint="`flask demo --reset` has the application forget as well.")

    def clock(self) -> Response:
        """The time, how far it is ahead of the real one, and when something happens next by itself."""
        with self._account.lock:
            clock, schedule = self._account.clock, self._account.schedule
            return jsonify(now=clock.now(), ahead_seconds=clock.ahead(), next_at=schedule.next_at())

    def advance_clock(self) -> Response:
        """Let time pass, or set the clock right again."""
        wanted = read(Advance)
        if wanted.to == "now":
            operations.return_to_real_time(self._account)
            return self.clock()
        seconds = wanted.advance_seconds
        if wanted.to is not None:
            seconds = max(0, wanted.to - self._account.clock.exact())
        operations.advance_clock(self._account, seconds)
        return self.clock()

    def pace(self) -> Response:
        """How long what happens by itself takes."""
        return jsonify(self._account.pace.model_dump())

    def set_pace(self) -> Response:
        """Change the delays that are named; null leaves a thing to the controls."""
        sent = read(Pace).model_dump(exclude_unset=True)
        with self._account.lock:
            self._account.pace = self._account.pace.model_copy(update=sent)
        return self.pace()
