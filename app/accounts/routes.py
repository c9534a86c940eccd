from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, render_template, request

from app.accounts import deactivation, linked_records, registration, sessions, tokens, verification
from app.accounts.access import current_account, current_sign_in_id, optional_sign_in_id, signed_in
from app.accounts.password_hashing import TooManyAtOnce
from app.accounts.schemas import (
    AccountChange,
    AccountView,
    Credentials,
    OnItsWayView,
    OwnPassword,
    RefreshToken,
    Registration,
    SessionList,
    SessionView,
    TokenPairView,
    VerificationToken,
)
from app.accounts.two_factor import two_factor
from app.extensions import db
from app.http import rate_limits
from app.http.access_rule import public
from app.http.problems import Invalid, Unauthorized
from app.idempotency import idempotent

accounts = APIBlueprint("accounts", __name__, url_prefix="/auth", template_folder="templates")


@accounts.post("/register")
@rate_limits.by_address(rate_limits.REGISTER)
@accounts.input(Registration)
@accounts.output(AccountView, status_code=201)
@accounts.doc(responses=[503])
@public
def register(json_data: Registration) -> AccountView:
    """Open an account. A mail asks you to verify the address.

    The answer is the same if the address already has an account."""
    return AccountView.model_validate(registration.register(json_data))


@accounts.post("/login")
@rate_limits.by_address(rate_limits.LOGIN)
@rate_limits.by_failures(rate_limits.WRONG_PASSWORDS)
@accounts.input(Credentials)
@accounts.output(TokenPairView)
@accounts.doc(responses=[401, 403, 503])
@public
def login(json_data: Credentials) -> TokenPairView:
    """Get an access token (15 minutes) and a refresh token (30 days).

    If the account has a second factor and `code` is missing, you get a 401 of type second-factor-needed.
    """
    try:
        account = sessions.authenticate(json_data.email, json_data.password)
    except Unauthorized:
        db.session.commit()  # keep the record of the refusal
        raise
    refusal = two_factor.refusal(account, json_data.code)
    if refusal:
        db.session.commit()  # keep the count of wrong codes
        raise refusal
    return TokenPairView.model_validate(tokens.signed_in(account))


@accounts.post("/refresh")
@accounts.input(RefreshToken)
@accounts.output(TokenPairView)
@accounts.doc(responses=[401])
@public
def refresh(json_data: RefreshToken) -> TokenPairView:
    """Exchange a refresh token for a new pair. Using a token twice ends the sign-in.

    A sign-in ends after 90 days, however often it is refreshed: log in again.
    """
    pair = tokens.refreshed(json_data.refresh_token)
    if pair is None:
        db.session.commit()  # keep the end of the sign-in
        raise Unauthorized("This refresh token was used before; the sign-in has ended. Log in again.")
    return TokenPairView.model_validate(pair)


@accounts.post("/logout")
@rate_limits.by_account(rate_limits.CHANGE)
@accounts.output({}, status_code=204)
@signed_in()
def logout() -> str:
    """Log out: this sign-in's access and refresh tokens are no longer valid."""
    sessions.end(current_sign_in_id())
    return ""


@accounts.delete("/sign-in")
@rate_limits.by_account(rate_limits.CHANGE)
@accounts.output({}, status_code=204)
@signed_in()
def log_out_everywhere() -> str:
    """Log out on every device, this one too. The address of the calendar feed ends with it."""
    sessions.log_out_everywhere(current_account())
    return ""


@accounts.get("/session")
@accounts.output(SessionList)
@signed_in()
def list_sessions() -> SessionList:
    """List your sign-ins that have not ended, the last used first, and from where they were last used."""
    current = current_sign_in_id()
    found = sessions.running(current_account())
    return SessionList(items=[SessionView.of(sign_in, current) for sign_in in found])


@accounts.delete("/session/<uuid:session_id>")
@rate_limits.by_account(rate_limits.CHANGE)
@accounts.output({}, status_code=204)
@accounts.doc(responses=[404])
@signed_in()
def end_session(session_id: UUID) -> str:
    """End one of your sign-ins: its access and refresh tokens are no longer valid."""
    sessions.end_own(session_id, current_account())
    return ""


@accounts.get("/me")
@accounts.output(AccountView)
@signed_in()
def me() -> AccountView:
    """Show your account."""
    return AccountView.model_validate(current_account())


@accounts.patch("/me")
@rate_limits.by_account(rate_limits.CHANGE)
@accounts.input(AccountChange)
@accounts.output(AccountView)
@signed_in()
def change_me(json_data: AccountChange) -> AccountView:
    """Change your name, time zone or reminders."""
    account = current_account()
    linked_records.lock_with_profile(account)
    account.check_not_erased()
    for field, value in json_data.model_dump(exclude_unset=True).items():
        setattr(account, field, value)
    db.session.flush()  # sets updated_at
    return AccountView.model_validate(account)


@accounts.post("/me/deactivate")
@rate_limits.by_account(rate_limits.DEACTIVATE)
@accounts.input(OwnPassword)
@accounts.output({}, status_code=204)
@accounts.doc(responses=[409, 503])
@signed_in()
def deactivate_me(json_data: OwnPassword) -> str:
    """Deactivate your account: all sign-ins end, and no login is possible.

    A coach is no longer listed and cannot be booked. Booked sessions stay booked. Only an administrator can
    reactivate the account.
    """
    deactivation.deactivate_own(current_account(), json_data.password)
    return ""


@accounts.get("/verify")
@accounts.doc(hide=True)
@public
def verification_page() -> str:
    """Show the page that the link in the mail leads to.

    It has a button, so that a mail scanner that opens the link verifies nothing."""
    return _form(request.args.get("token", ""))


@accounts.post("/verify")
@rate_limits.by_address(rate_limits.VERIFY_ADDRESS)
@accounts.input(VerificationToken, location="json_or_form", arg_name="body")
@accounts.output(AccountView)
@accounts.doc(responses=[401, 503])
@public
def verify(body: VerificationToken) -> AccountView | Response:
    """Verify an address with the token of the verification mail. It works once, for three days.

    The token alone is not enough, because anyone can open an account with another person's address: send the
    account's `password` as well, or an access token of it. If you have neither, set a new password with
    `POST /auth/password/forgot`.
    """
    if request.is_json:
        return AccountView.model_validate(
            verification.verify(body.token, body.password, optional_sign_in_id())
        )
    try:
        account = verification.verify(body.token, body.password, None)
        return Response(render_template("verified.html", account=account))
    except Invalid as refusal:
        return Response(_refused(body.token, refusal), refusal.status)
    except TooManyAtOnce as refusal:
        db.session.rollback()
        return Response(_form(body.token, refusal.detail), refusal.status, refusal.headers)


@accounts.post("/verify/resend")
@rate_limits.by_account(rate_limits.RESEND_VERIFICATION)
@idempotent
@accounts.output(OnItsWayView, status_code=202)
@accounts.doc(responses=[409, 429])
@signed_in()
def send_verification_again() -> OnItsWayView:
    """Request the verification mail again: at most three within an hour, the first one included."""
    registration.verify_again(current_account())
    return OnItsWayView(detail="A mail with a link is on its way.")


def _refused(token: str, refusal: Invalid) -> str:
    """The form again if another password can work, otherwise a page that says the link is invalid."""
    place, wrong = refusal.faults[0]
    if place == "/password":
        return _form(token, f"This password {wrong}.")
    return render_template("verified.html", refusal=wrong)


def _form(token: str, refusal: str | None = None) -> str:
    return render_template("verify.html", token=token, refusal=refusal)
