"""The second factor: codes of an authenticator app, and recovery codes.

Callers lock the account first.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.accounts import messages, refused_sign_ins, sessions
from app.accounts.models import Account
from app.accounts.refused_sign_ins import What
from app.accounts.two_factor import encryption, recovery_codes, totp
from app.accounts.two_factor.models import SecondFactor
from app.extensions import db, now
from app.http.problems import Invalid, Problem, Unauthorized
from app.observability import context

TELL_AFTER, MAX_WRONG = 5, 20
"""Wrong codes allowed within a day. Of a million codes three are valid at a time."""


class SecondFactorNeeded(Unauthorized):
    slug, title = "second-factor-needed", "Code of the second factor needed"
    counts_as_failure = False  # a missing code is no failed attempt
    meaning = "The password is right, and this account has a second factor."
    remedy = "Send the same request with `code`: the six digits that the app shows, or a recovery code."


class AlreadyOn(Problem):
    status, slug, title = 409, "second-factor-on", "Second factor is already on"
    meaning = "This account already has a second factor."
    remedy = "To use another app, turn it off with `DELETE /auth/second-factor` and then on again."


class AddressNotVerified(Problem):
    status, slug, title = 409, "address-not-verified", "Address not verified"
    meaning = "You can turn a second factor on only after you verify your e-mail address."
    remedy = "Follow the link in the verification mail; `POST /auth/verify/resend` sends another one."


class NotOn(Problem):
    status, slug, title = 409, "second-factor-off", "Second factor is off"
    meaning = "This account has no second factor, or no secret was requested yet."
    remedy = (
        "Turn it on first: `POST /auth/second-factor`, then `POST /auth/second-factor/confirm` with a code of"
        " the app."
    )


@dataclass(frozen=True)
class Enrolment:
    """The secret that an app needs. Shown once."""

    secret: str
    uri: str


def begin(account: Account, password: str) -> Enrolment:
    """A new secret, without effect until a code of it is confirmed.

    Raises AlreadyOn, Invalid, and AddressNotVerified: a person who registers another person's address must
    not be able to lock the owner out.
    """
    sessions.lock_authenticated(account, password, "/password")
    if not account.email_verified:
        raise AddressNotVerified(
            "Verify your address first: with the link in the mail, or by setting a new password."
        )
    if account.second_factor:
        raise AlreadyOn("The second factor is on. To use another app, turn it off first.")
    secret = totp.new_secret()
    newest = {"secret": encryption.encrypt(secret, account.id), "last_step": None}
    factor = insert(SecondFactor).values(account_id=account.id, **newest)
    db.session.execute(factor.on_conflict_do_update(index_elements=["account_id"], set_=newest))
    return Enrolment(secret, totp.address_of(secret, account))


def confirm(account: Account, code: str, sign_in_id: UUID) -> list[str]:
    """Turn the second factor on with a code of the app; return the recovery codes. All other sign-ins end.

    Raises AlreadyOn, Invalid, NotOn without a secret, and Unauthorized if the sign-in has ended: after a new
    password, someone who knew the old one must not lock the owner out.
    """
    account.lock()
    sessions.started_at(sign_in_id)
    if account.second_factor:
        raise AlreadyOn("The second factor is already on.")
    factor = db.session.get(SecondFactor, account.id)
    if factor is None:
        raise NotOn("Ask for a secret first: POST /auth/second-factor.")
    if not totp.consume(factor, code, now()):
        raise Invalid("/code", "is not the code that the app shows now: check the phone's clock")
    account.second_factor_since = now()
    sessions.end_others(account, but=sign_in_id)
    audit.record("second_factor.on", f"account:{account.id}")
    messages.second_factor_on(account)
    return recovery_codes.renewed(account)


def refusal(account: Account, code: str | None) -> Unauthorized | None:
    """Why the code is refused. None for a valid code, which is used up, and without a second factor.

    The caller must commit a refusal too: wrong codes are counted.
    """
    if not account.second_factor:
        return None
    if not code:
        return SecondFactorNeeded(
            "This account has a second factor. Send `code` as well: what the app shows, or a recovery code."
        )
    of = _refusal_of_app_code if totp.looks_like_one(code) else _refusal_of_recovery_code
    refused = of(account, code)
    if refused:
        refused_sign_ins.note(account, What.CODE)
    return refused


def check(account: Account, password: str, code: str) -> Invalid | None:
    """Check password and code before a change of the second factor. Returns what `refusal` returns.

    Raises Invalid for the password, NotOn.
    """
    sessions.lock_authenticated(account, password, "/password")
    if not account.second_factor:
        raise NotOn("The second factor is off.")
    wrong = refusal(account, code)
    return Invalid("/code", f"is refused: {wrong.detail.rstrip('.')}") if wrong else None


def turn_off(account: Account) -> None:
    """Turn the second factor off for its owner, after check()."""
    forget(account)
    audit.record("second_factor.off", f"account:{account.id}")
    messages.second_factor_off(account, "you")


def renew_recovery_codes(account: Account) -> list[str]:
    """Renew the recovery codes for their owner, after check()."""
    audit.record("second_factor.recovery_codes", f"account:{account.id}")
    messages.recovery_codes_renewed(account)
    return recovery_codes.renewed(account)


def disable_by_operator(account: Account, reason: str) -> None:
    """Turn the second factor off as an operator, for an owner who lost app and codes.

    All sign-ins end. Raises NotOn."""
    account.lock()
    if not account.second_factor:
        raise NotOn("The second factor of this account is off.")
    forget(account)
    sessions.end_all(account)
    audit.record("second_factor.take_off", f"account:{account.id}", reason)
    messages.second_factor_off(account, "us")


def forget(account: Account) -> None:
    """Delete every part of the second factor, also an unconfirmed secret. Sends no mail."""
    account.second_factor_since = None
    db.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))


def _refusal_of_app_code(account: Account, code: str) -> Unauthorized | None:
    factor, at = db.session.get_one(SecondFactor, account.id), now()
    if totp.wrong_lately(factor, at) >= MAX_WRONG:
        return Unauthorized(
            f"{MAX_WRONG} wrong codes came within a day: for now only a recovery code is accepted."
        )
    if totp.consume(factor, code, at):
        return None
    if totp.count_wrong(factor, at) == TELL_AFTER:
        messages.codes_guessed(account, TELL_AFTER, MAX_WRONG)
    return Unauthorized("The code is wrong or was used already. Wait until the app shows the next one.")


def _refusal_of_recovery_code(account: Account, code: str) -> Unauthorized | None:
    if not recovery_codes.consume(account, code):
        return Unauthorized("The code is wrong. The app shows six digits; a recovery code works once.")
    context.actor.set(f"account:{account.id}")
    audit.record("second_factor.recovery_code_used", f"account:{account.id}")
    messages.recovery_code_used(account, recovery_codes.left(account))
    return None
