"""Controls of what the account has set in the dashboard: its payment methods, its version of the API."""

from typing import Literal

from flask import Response, jsonify
from pydantic import BaseModel, Field

from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read

Method = Literal["card", "sepa_debit", "boleto", "konbini", "multibanco", "oxxo"]


class SwitchedOn(BaseModel, extra="forbid"):
    """POST /_sandbox/payment-methods."""

    on: list[Method] = Field(min_length=1)


class Version(BaseModel, extra="forbid"):
    """POST /_sandbox/api-version."""

    default: str = Field(pattern=r"^\d{4}-\d\d-\d\d(\.[a-z]+)?$")


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    settings = AccountSettings(account)
    return [
        ("POST", "/payment-methods", settings.switch_methods),
        ("POST", "/api-version", settings.set_version),
    ]


class AccountSettings:
    """The switches; they answer JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def switch_methods(self) -> Response:
        """Offer these, and no others, on the pages of sessions that open from now on."""
        with self._account.lock:
            self._account.methods_on = [*read(SwitchedOn).on]
            return jsonify(on=self._account.methods_on)

    def set_version(self) -> Response:
        """Write events in this version from now on, except for endpoints with a version of their own."""
        with self._account.lock:
            self._account.api_version = read(Version).default
            return jsonify(default=self._account.api_version)
