"""The sandbox's own controls, as JSON under /_sandbox/."""

from flask import Blueprint, jsonify
from pydantic import ValidationError

from sandbox.stripe.account import Account
from sandbox.stripe.controls import account_settings, accounts, deliveries, failures, payments, running
from sandbox.stripe.errors import Refusal
from sandbox.stripe.objects import Json


def blueprint(account: Account) -> Blueprint:
    """The controls of this account."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    groups = (running, deliveries, failures, payments, account_settings, accounts)
    for method, path, view in [route for group in groups for route in group.controls(account)]:
        control.add_url_rule(path, view.__qualname__.replace(".", " "), view, methods=[method])
    control.register_error_handler(Refusal, lambda error: (error.body(), error.status))
    control.register_error_handler(ValidationError, lambda error: (jsonify(errors=_problems(error)), 422))
    return control


def _problems(error: ValidationError) -> list[Json]:
    return [{"at": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
