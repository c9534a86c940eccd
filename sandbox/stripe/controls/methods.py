"""Control of the payment methods that the dashboard has on."""

from typing import Literal

from flask import Response, jsonify
from pydantic import BaseModel, Field

from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read

Method = Literal["card", "sepa_debit", "boleto", "konbini", "multibanco", "oxxo"]


class SwitchedOn(BaseModel, extra="forbid"):
    """POST /_sandbox/payment-methods."""

    on: list[Method] = Field(min_length=1)


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    return [("POST", "/payment-methods", Methods(account).switch)]


class Methods:
    """The switches; they answer JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def switch(self) -> Response:
        """Offer these, and no others, on the pages of sessions that open from now on."""
        with self._account.lock:
            self._account.methods_on = [*read(SwitchedOn).on]
            return jsonify(on=self._account.methods_on)
