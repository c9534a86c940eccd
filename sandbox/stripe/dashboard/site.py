"""The dashboard: what the account holds and has sent, and buttons for what goes wrong in real life."""

from flask import Blueprint, render_template
from pydantic import ValidationError

from sandbox.stripe.account import Account
from sandbox.stripe.dashboard.buttons import Buttons
from sandbox.stripe.dashboard.pages import Pages
from sandbox.stripe.errors import Missing, Refusal


def blueprint(account: Account) -> Blueprint:
    """The dashboard of this account."""
    site = Blueprint("dashboard", __name__, template_folder="../templates")
    for method, path, view in [*Pages(account).views(), *Buttons(account).views()]:
        site.add_url_rule(path, view.__name__, view, methods=[method])
    site.register_error_handler(Missing, lambda _: (render_template("missing.html"), 404))
    site.register_error_handler(Refusal, lambda error: (_refused(error.message), error.status))
    site.register_error_handler(ValidationError, lambda error: (_refused(str(error)), 422))
    return site


def _refused(message: str) -> str:
    return render_template("dashboard/refused.html", page="", message=message)
