from apiflask import APIBlueprint
from flask import Response, render_template, request

from app.accounts import deactivation, registration, sessions, tokens, verification
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
@rate_limits.by_address("30 per hour")
@accounts.input(Registration)
@accounts.output(AccountView, status_code=201)
@accounts.doc(responses=[503])
@public
def register(json_data: Registration) -> AccountView:
    """Open an account; a mail asks to verify the address. Answered alike where the address has one."""
    return AccountView.model_validate(registration.register(json_data))


@accounts.post("/login")
@rate_limits.by_address("60 per minute")
@rate_limits.by_failures("10 per 15 minutes")
@accounts.input(Credentials)
@accounts.output(TokenPairView)
@accounts.doc(responses=[401, 403, 503])
@public
def login(json_data: Credentials) -> TokenPairView:
    """Get an access token (15 minutes) and a refresh token (30 days).

    Where a second factor is on and `code` is missing, the answer is a 401 of type second-factor-needed.
    """
    try:
        account = sessions.authenticate(json_data.email, json_data.password)
    except Unauthorized:
        db.session.commit()  # what is on record of it must outlive the refusal
        raise
    refusal = two_factor.refusal(account, json_data.code)
    if refusal:
        db.session.commit()  # that a wrong code was tried must outlive the refusal
        raise refusal
    return TokenPairView.model_validate(tokens.signed_in(account))


@accounts.post("/refresh")
@accounts.input(RefreshToken)
@accounts.output(TokenPairView)
@accounts.doc(responses=[401])
@public
def refresh(json_data: RefreshToken) -> TokenPairView:
    """Spend a refresh token on a new pair. A token spent twice ends the sign-in.

    However often it is refreshed, a sign-in ends after 90 days: log in again.
    """
    pair = tokens.refreshed(json_data.refresh_token)
    if pair is None:
        db.session.commit()  # the end of the sign-in must outlive the refusal
        raise Unauthorized("This refresh token was used before; the sign-in has ended. Log in again.")
    return TokenPairView.model_validate(pair)


@accounts.post("/logout")
@rate_limits.by_account("60 per minute")
@accounts.output({}, status_code=204)
@signed_in()
def logout() -> str:
    """End this sign-in: its access and refresh tokens are good for nothing from now on."""
    sessions.end(current_sign_in_id())
    return ""


@accounts.delete("/sign-in")
@rate_limits.by_account("60 per minute")
@accounts.output({}, status_code=204)
@signed_in()
def log_out_everywhere() -> str:
    """End all sign-ins of the account on every device, this one too."""
    sessions.end_all(current_account())
    return ""


@accounts.get("/me")
@accounts.output(AccountView)
@signed_in()
def me() -> AccountView:
    """The caller's account."""
    return AccountView.model_validate(current_account())


@accounts.patch("/me")
@rate_limits.by_account("60 per minute")
@accounts.input(AccountChange)
@accounts.output(AccountView)
@signed_in()
def change_me(json_data: AccountChange) -> AccountView:
    """Change one's name, time zone or reminders."""
    account = current_account()
    account.lock_with_profile()
    account.check_not_erased()
    for field, value in json_data.model_dump(exclude_unset=True).items():
        setattr(account, field, value)
    db.session.flush()  # which moves updated_at
    return AccountView.model_validate(account)


@accounts.post("/me/deactivate")
@rate_limits.by_account("10 per hour")
@accounts.input(OwnPassword)
@accounts.output({}, status_code=204)
@accounts.doc(responses=[409, 503])
@signed_in()
def deactivate_me(json_data: OwnPassword) -> str:
    """Deactivate one's own account: all sign-ins end, and nobody can log in to it.

    A coach is neither listed nor booked any more. Sessions that are booked already stay booked. Only an
    administrator can reactivate the account.
    """
    deactivation.deactivate_own(current_account(), json_data.password)
    return ""


@accounts.get("/verify")
@accounts.doc(hide=True)
@public
def verification_page() -> str:
    """Where the link in the mail leads: a button, so that a mail scanner's visit verifies nothing."""
    return _form(request.args.get("token", ""))


@accounts.post("/verify")
@rate_limits.by_address("60 per hour")
@accounts.input(VerificationToken, location="json_or_form", arg_name="body")
@accounts.output(AccountView)
@accounts.doc(responses=[401, 503])
@public
def verify(body: VerificationToken) -> AccountView | Response:
    """Prove an address with the token of the verification mail, good once and for three days.

    The link alone is not enough, as anybody can open an account with somebody else's address: send the
    account's `password` as well, or an access token of it. Who reads the mailbox and has neither takes the
    account over with `POST /auth/password/forgot`.
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
@rate_limits.by_account("10 per hour")
@idempotent
@accounts.output(OnItsWayView, status_code=202)
@accounts.doc(responses=[409, 429])
@signed_in()
def send_verification_again() -> OnItsWayView:
    """Have the verification mail sent again: three within an hour at most, the first one counted."""
    registration.verify_again(current_account())
    return OnItsWayView(detail="A mail with a link is on its way.")


def _refused(token: str, refusal: Invalid) -> str:
    """The form again when another password will do, else that the link is no good."""
    place, wrong = refusal.faults[0]
    if place == "/password":
        return _form(token, f"This password {wrong}.")
    return render_template("verified.html", refusal=wrong)


def _form(token: str, refusal: str | None = None) -> str:
    return render_template("verify.html", token=token, refusal=refusal)
