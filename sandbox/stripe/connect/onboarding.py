"""Account links, and the page they lead to, where an account's holder tells Stripe who they are
(Stripe: "Stripe-hosted onboarding")."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.stripe.account import Account
from sandbox.stripe.connect import accounts, requirements
from sandbox.stripe.connect.links import Link
from sandbox.stripe.connect.requirements import Standing
from sandbox.stripe.errors import InvalidParameter, Missing
from sandbox.stripe.objects import Json, new_id, shaped

VALID_SECONDS = 5 * 60


def create_link(account: Account, params: Json) -> Json:
    """An account link; its address cannot be read again later."""
    connected = accounts.get(account, params["account"])
    for name in ("refresh_url", "return_url"):
        if name not in params:
            raise InvalidParameter(f"Missing required param: {name}.", code="parameter_missing", param=name)
        if not params[name].startswith(("http://", "https://")):
            raise InvalidParameter("Not a valid URL", code="url_invalid", param=name)
    if params["type"] == "account_update" and connected["controller"]["requirement_collection"] == "stripe":
        raise InvalidParameter(
            "You cannot create `account_update` type Account Links for this account.", param="type"
        )
    token, now = new_id("setup", 16), account.clock.now()
    link = Link(connected["id"], params["refresh_url"], params["return_url"], now + VALID_SECONDS)
    account.links[token] = link
    url = f"{account.settings.url}/setup/{connected['id']}/{token}"
    return shaped("account_link", created=now, expires_at=link.expires_at, url=url)


def blueprint(account: Account) -> Blueprint:
    """The page."""
    pages = Blueprint("onboarding", __name__, template_folder="../templates")
    onboarding = Onboarding(account)
    path = "/setup/<account_id>/<token>"
    pages.add_url_rule(path, "show", onboarding.show, methods=["GET"])
    pages.add_url_rule(path, "submit", onboarding.submit, methods=["POST"])
    pages.register_error_handler(Missing, lambda _: (render_template("missing.html"), 404))
    return pages


class Onboarding:
    """What an account's holder sees."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def show(self, account_id: str, token: str) -> Response | str:
        """The questions, answered by a button; a link that is used up leads to `refresh_url`."""
        with self._account.lock:
            link = self._link(account_id, token)
            if self._is_spent(link):
                return redirect(link.refresh_url, 303)
            connected = accounts.get(self._account, account_id)
            return render_template("onboarding.html", connected=connected, standings=Standing)

    def submit(self, account_id: str, token: str) -> Response:
        """What the holder chose to do; then back to the shop, which has to ask how it went."""
        with self._account.lock:
            link = self._link(account_id, token)
            if self._is_spent(link):
                return redirect(link.refresh_url, 303)
            link.used = True
            chosen = request.form.get("standing", Standing.OPEN)
            if chosen != Standing.OPEN:
                connected = accounts.get(self._account, account_id)
                requirements.transition_to(self._account, connected, Standing(chosen))
        return redirect(link.return_url, 303)

    def _link(self, account_id: str, token: str) -> Link:
        link = self._account.links.get(token)
        if link is None or link.account != account_id:
            raise Missing(f"No such account link: '{token}'")
        return link

    def _is_spent(self, link: Link) -> bool:
        return link.used or self._account.clock.now() > link.expires_at
