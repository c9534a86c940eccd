"""Sign-in and sign-out in a browser."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import cookies, sessions
from app.accounts.access import current_sign_in_id, optional_account, signed_in
from app.accounts.schemas import Credentials
from app.accounts.two_factor import two_factor
from app.accounts.two_factor.two_factor import SecondFactorNeeded
from app.extensions import db
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages
from app.http.problems import Unauthorized
from app.web.forms import Form
from app.web.notices import redirect_with
from app.web.refusals import local_path

sign_in = Pages("sign_in", __name__, template_folder="templates")


@sign_in.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    if optional_account():
        return redirect(_onward(), 303)
    return Form().page("web/sign_in.html", onward=_onward())


@sign_in.post("/sign-in")
@rate_limits.by_address(rate_limits.LOGIN)
@rate_limits.by_failures(rate_limits.WRONG_PASSWORDS)
@public
def begin() -> ResponseReturnValue:
    """Sign in with e-mail address and password, and with a code if the account has a second factor."""
    form = Form.sent()
    with form.problems():
        _begin(form.read(Credentials))
        return redirect(_onward(), 303)
    needs_code = isinstance(form.problem, SecondFactorNeeded) or "code" in form.values
    return form.page("web/sign_in.html", onward=_onward(), needs_code=needs_code)


@sign_in.post("/sign-out")
@rate_limits.by_account(rate_limits.CHANGE)
@signed_in()
def end() -> ResponseReturnValue:
    sessions.end(current_sign_in_id())
    cookies.forget()
    return redirect_with("You are signed out.", url_for("directory.show"))


def _begin(credentials: Credentials) -> None:
    """Raises Unauthorized, Deactivated and SecondFactorNeeded. Refusals are counted."""
    try:
        account = sessions.authenticate(credentials.email, credentials.password)
    except Unauthorized:
        db.session.commit()  # keep the record of the refusal
        raise
    refusal = two_factor.refusal(account, credentials.code)
    if refusal:
        db.session.commit()  # keep the count of wrong codes
        raise refusal
    cookies.begin(account)


def _onward() -> str:
    """Where the visitor was going, or the first page."""
    return local_path(request.args.get("next", "")) or url_for("directory.show")
