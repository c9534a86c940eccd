"""Routes to reset and change passwords; a blueprint of its own beside /auth's other routes."""

from apiflask import APIBlueprint
from flask import Response, render_template, request

from app.accounts import password_policy, password_reset
from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.accounts.password_hashing import TooManyAtOnce
from app.accounts.schemas import ForgottenPassword, OnItsWayView, PasswordChange, PasswordReset
from app.extensions import db
from app.http import rate_limits
from app.http.access_rule import public
from app.http.problems import Invalid

passwords = APIBlueprint("passwords", __name__, url_prefix="/auth/password", template_folder="templates")


@passwords.post("/forgot")
@rate_limits.by_address(rate_limits.FORGOT_PASSWORD)
@passwords.input(ForgottenPassword)
@passwords.output(OnItsWayView, status_code=202)
@public
def forgot(json_data: ForgottenPassword) -> OnItsWayView:
    """Request a link to set a new password.

    The link works once, for an hour. The answer is the same for every address."""
    password_reset.forget(json_data.email)
    return OnItsWayView(detail="If an account has this address, a mail with a link is on its way to it.")


@passwords.get("/reset")
@passwords.doc(hide=True)
@public
def reset_page() -> str:
    """Show the form that the link in the mail leads to."""
    return _form(request.args.get("token", ""))


@passwords.post("/reset")
@rate_limits.by_address(rate_limits.RESET_PASSWORD)
@passwords.input(PasswordReset, location="json_or_form", arg_name="body")
@passwords.output({}, status_code=204)
@passwords.doc(responses=[503])
@public
def reset(body: PasswordReset) -> str | Response:
    """Set a new password with the token of the mail. All sign-ins end.

    The token works once, for an hour."""
    if request.is_json:
        password_reset.reset(body.token, body.password)
        return ""
    try:
        return Response(
            render_template("password_set.html", account=password_reset.reset(body.token, body.password))
        )
    except Invalid as refusal:
        return Response(_refused(body.token, refusal), refusal.status)
    except TooManyAtOnce as refusal:
        db.session.rollback()  # so the link is not used up
        return Response(_form(body.token, refusal.detail), refusal.status, refusal.headers)


@passwords.post("/change")
@rate_limits.by_account(rate_limits.CHANGE_PASSWORD)
@passwords.input(PasswordChange)
@passwords.output({}, status_code=204)
@passwords.doc(responses=[503])
@signed_in()
def change(json_data: PasswordChange) -> str:
    """Set a new password with the current one. All other sign-ins end."""
    password_reset.change(
        current_account(), json_data.current_password, json_data.new_password, current_sign_in_id()
    )
    return ""


def _refused(token: str, refusal: Invalid) -> str:
    """The form again when another password will do, else that the link is no good."""
    place, wrong = refusal.faults[0]
    if place == "/password":
        return _form(token, f"Your password {wrong}.")
    return render_template("password_set.html", refusal=wrong)


def _form(token: str, refusal: str | None = None) -> str:
    return render_template("set_password.html", token=token, refusal=refusal, rule=password_policy)
