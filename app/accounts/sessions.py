"""Sign-ins: who may begin one, and how they end."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from app import audit
from app.accounts import password_hashing, refused_sign_ins
from app.accounts.models import Account, SignIn
from app.accounts.refused_sign_ins import What
from app.extensions import db, now
from app.http.problems import Forbidden, Invalid, Unauthorized


class Deactivated(Forbidden):
    slug, title = "account-deactivated", "Account deactivated"
    meaning = "The password is right, but the account was taken out of use, by its owner or by us."
    remedy = "Write to us: an administrator can bring it back."


def authenticate(email: str, password: str) -> Account:
    """The account with this address and password, locked. Raises Unauthorized, for either after as long.

    A refusal is put on record, also for an address that nobody has; the caller must commit that.

    Raises Deactivated too, to nobody but who knows the password. The lock, and the second look behind it, are
    for what changes meanwhile: a sign-in with the old password must not begin after its change, or after the
    account was deactivated, has ended all others.
    """
    account = Account.with_email(email)
    seen = account.password_hash if account else None
    if not password_hashing.matches(password, seen) or account is None:
        raise _wrong(account)
    account.lock()
    account.check_not_erased()
    if account.password_hash != seen and not password_hashing.matches(password, account.password_hash):
        raise _wrong(account)
    if account.deactivated_at:
        raise Deactivated("This account is deactivated. An administrator can bring it back: write to us.")
    if password_hashing.outdated(account.password_hash):
        with suppress(password_hashing.TooManyAtOnce):  # then at the next sign-in
            account.password_hash = password_hashing.hashed(password)
    return account


def lock_authenticated(account: Account, password: str, pointer: str) -> None:
    """Lock the account for its owner, who sends the password once more. Raises Invalid for another.

    It is looked at before the lock, for which payments would wait as long as hashes take, and once more where
    it was changed meanwhile.
    """
    seen = account.password_hash
    if password_hashing.matches(password, seen):
        account.lock()
        if account.password_hash == seen or password_hashing.matches(password, account.password_hash):
            return
    raise Invalid(pointer, "is not your password: send the one that you sign in with")


def started_at(sign_in_id: UUID) -> datetime:
    """When. Raises Unauthorized once it has ended, as it may have while a request waited for a lock."""
    going_on = SignIn.id == sign_in_id, SignIn.revoked_at.is_(None)
    at = db.session.scalar(select(SignIn.created_at).where(*going_on))
    if at is None:
        raise Unauthorized("This sign-in has ended. Log in again.")
    return at


def goes_on(sign_in_id: UUID, account: Account) -> bool:
    """Whether it is one of this account, and has not ended."""
    own = SignIn.id == sign_in_id, SignIn.account_id == account.id, SignIn.revoked_at.is_(None)
    return db.session.scalar(select(SignIn.id).where(*own)) is not None


def end(sign_in_id: UUID) -> None:
    _end(SignIn.id == sign_in_id)


def end_all(account: Account) -> None:
    _end(SignIn.account_id == account.id)
    audit.record("sign_in.end_all", f"account:{account.id}")


def end_others(account: Account, but: UUID) -> None:
    _end(SignIn.account_id == account.id, SignIn.id != but)


def _end(*which: ColumnElement[bool]) -> None:
    db.session.execute(update(SignIn).where(*which, SignIn.revoked_at.is_(None)).values(revoked_at=now()))


def _wrong(account: Account | None) -> Unauthorized:
    refused_sign_ins.note(account, What.PASSWORD)
    return Unauthorized("The e-mail address or the password is wrong.")
