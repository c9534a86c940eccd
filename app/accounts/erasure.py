"""Erasure of an account: personal data goes, the id stays for the books."""

from uuid import UUID

from sqlalchemy import delete, select

from app import audit
from app.accounts import password_hashing, sessions
from app.accounts.models import Account, PasswordReset, Role, SignIn
from app.accounts.two_factor import two_factor
from app.accounts.two_factor.models import RecoveryCode, SecondFactor
from app.emails import erasure
from app.extensions import Base, db, now
from app.http.problems import Problem

NAME = "Erased account"
NO_PASSWORD = "none"  # noqa: S105 - no argon2 hash, so nothing fits it
_OF_PERSON: tuple[type[Base], ...] = (SignIn, PasswordReset, RecoveryCode, SecondFactor)
"""Tables whose rows of the account are deleted."""


class PasswordNeeded(Problem):
    status, slug, title = 403, "password-needed", "Password required again"
    meaning = "Erasure cannot be undone, so being signed in is not enough."
    remedy = "Send the same request with your password as `password` in the body."


class CodeNeeded(Problem):
    status, slug, title = 403, "code-needed", "Code required again"
    meaning = "Erasure cannot be undone, and your account has a second factor."
    remedy = "Send `code` as well: the six digits that the app shows, or a recovery code."


class WrongProof(Problem):
    status, slug, title = 403, "wrong-password-or-code", "Wrong password or code"
    counts_as_failure = True
    meaning = "The password or the code is wrong. Nothing was changed."
    remedy = "Send the correct password and code. After many wrong attempts you have to wait."


class LastAdmin(Problem):
    status, slug, title = 409, "last-admin", "Last administrator"
    meaning = "This is the last administrator's account."
    remedy = "Create another administrator first, with the command `flask account create-admin`."


def check_password(account: Account, password: str | None) -> None:
    """Check the password before any lock, because hashing is slow. Raises WrongProof for a wrong one."""
    if password is not None and not password_hashing.matches(password, account.password_hash):
        raise WrongProof("This is not your password: send the one that you sign in with.")


def refusal(account: Account, password: str | None, code: str | None, sign_in_id: UUID) -> Problem | None:
    """Why the caller may not erase this locked account; None for a correct password and code.

    A signed-in device alone must not be enough, however recent the sign-in is.

    The caller must commit a refusal too: wrong codes are counted. Raises Unauthorized for an ended sign-in.
    """
    sessions.started_at(sign_in_id)
    if password is None:
        return PasswordNeeded("Send your password as `password` in the body: nothing undoes an erasure.")
    return _refusal_of_code(account, code)


def _refusal_of_code(account: Account, code: str | None) -> Problem | None:
    if account.second_factor and not code:
        return CodeNeeded("Send `code` as well: what your app shows, or a recovery code.")
    wrong = two_factor.refusal(account, code)
    return WrongProof(wrong.detail) if wrong else None


def check_another_admin(account: Account) -> None:
    """Raises LastAdmin for the last administrator, without whom no operator could act."""
    if account.role is not Role.ADMIN:
        return
    able = Account.erased_at.is_(None), Account.deactivated_at.is_(None)
    admins = select(Account.id).where(Account.role == Role.ADMIN, *able)
    if db.session.scalars(admins.order_by(Account.id).with_for_update()).all() == [account.id]:
        raise LastAdmin("You are the last administrator: flask account create-admin opens another account.")


def erase(account: Account, reason: str) -> None:
    """Remove the personal data of a locked account, and revoke all its access."""
    for table in _OF_PERSON:
        db.session.execute(delete(table).where(table.__table__.c.account_id == account.id))
    account.email = erasure.placeholder_address(account.id)
    account.name, account.password_hash, account.time_zone = NAME, NO_PASSWORD, "UTC"
    account.email_verified_at = account.feed_token_hash = account.second_factor_since = None
    account.reminder_hours = []
    account.erased_at = now()
    audit.record("account.erase", f"account:{account.id}", reason)
    db.session.flush()
