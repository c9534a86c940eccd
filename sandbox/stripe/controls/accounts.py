"""Controls of connected accounts."""

from flask import Response, jsonify
from pydantic import BaseModel

from sandbox.stripe import operations
from sandbox.stripe.account import Account
from sandbox.stripe.connect.requirements import Standing
from sandbox.stripe.controls.body import Control, read


class Onboarding(BaseModel, extra="forbid"):
    """POST /_sandbox/accounts/<id>/onboarding."""

    standing: Standing = Standing.COMPLETE


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    return [("POST", "/accounts/<account_id>/onboarding", Accounts(account).onboard)]


class Accounts:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def onboard(self, account_id: str) -> Response:
        """Let the holder finish onboarding, or Stripe find fault with it."""
        return jsonify(operations.onboard(self._account, account_id, read(Onboarding).standing))
