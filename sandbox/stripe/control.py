"""The sandbox's own controls, as JSON under /_sandbox/."""

from flask import Blueprint, Response, jsonify

from sandbox.stripe.account import Account


def blueprint(account: Account) -> Blueprint:
    """The controls of this account."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")

    @control.get("/health")
    def health() -> Response:
        """Whether it answers."""
        return jsonify(status="ok", account=account.id)

    return control
