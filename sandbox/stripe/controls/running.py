"""Controls of the sandbox as a whole: health, a fresh start, the clock."""

from flask import Response, jsonify
from pydantic import BaseModel, Field

from sandbox.stripe import operations
from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read


class Advance(BaseModel, extra="forbid"):
    """POST /_sandbox/clock."""

    advance_seconds: float = Field(ge=0)


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    running = Running(account)
    return [
        ("GET", "/health", running.health),
        ("POST", "/reset", running.reset),
        ("POST", "/clock", running.advance_clock),
    ]


class Running:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def health(self) -> Response:
        """Whether it answers."""
        return jsonify(status="ok", account=self._account.id)

    def reset(self) -> Response:
        """Back to the state at the start."""
        self._account.reset()
        return jsonify(reset=True)

    def advance_clock(self) -> Response:
        """Let time pass."""
        return jsonify(now=operations.advance_clock(self._account, read(Advance).advance_seconds))
