"""Sign-in sessions: password check, owner check and revocation."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from app import audit
from app.accounts import password_hashing, refused_sign_ins
from app.accounts.models import Account, SignIn
from app.accounts.refused_sign_ins import What
from app.accounts.tokens import REFRESH_LASTS, SIGN_IN_LASTS
from app.extensions import db, now
from app.http.problems import Forbidden, Invalid, NotFound, Unauthorized


class Deactivated(Forbidden):
    slug, title = "account-deactivated", "Account deactivated"
    meaning = "The password is right, but the account was deactivated, by its owner or by us."
    remedy = "Write to us: an administrator can reactivate it."


def authenticate(email: str, password: str) -> Account:
    """The account with this address and password, locked.

    Raises Unauthorized if either is wrong, after the same time.

    A refusal is recorded, also for an unknown address; the caller must commit it.

    Raises Deactivated only after the right password. The account is checked again under the lock: no sign-in
    with the old password may begin after a change of it, or after a deactivation, has ended all others.
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
        raise Deactivated("This account is deactivated. Write to us: an administrator can reactivate it.")
    if password_hashing.outdated(account.password_hash):
        with suppress(password_hashing.TooManyAtOnce):  # then the next sign-in upgrades it
            account.password_hash = password_hashing.hashed(password)
    return account


def lock_authenticated(account: Account, password: str, pointer: str) -> None:
    """Lock the account for its owner, who sends the password again. Raises Invalid for a wrong one.

    The password is checked before the lock, so that payments do not wait for the hash, and again if it was
    changed concurrently.
    """
    seen = account.password_hash
    if password_hashing.matches(password, seen):
        account.lock()
        if account.password_hash == seen or password_hashing.matches(password, account.password_hash):
            return
    raise Invalid(pointer, "is not your password: send the one that you sign in with")


def started_at(sign_in_id: UUID) -> datetime:
    """When this sign-in began. Raises Unauthorized if it has ended, for example during a wait for a lock."""
    going_on = SignIn.id == sign_in_id, SignIn.revoked_at.is_(None)
    at = db.session.scalar(select(SignIn.created_at).where(*going_on))
    if at is None:
        raise Unauthorized("This sign-in has ended. Log in again.")
    return at


def goes_on(sign_in_id: UUID, account: Account) -> bool:
    """Whether the sign-in belongs to this account and has not ended."""
    own = SignIn.id == sign_in_id, SignIn.account_id == account.id, SignIn.revoked_at.is_(None)
    return db.session.scalar(select(SignIn.id).where(*own)) is not None


def end(sign_in_id: UUID) -> None:
    _end(SignIn.id == sign_in_id)


def running(account: Account) -> Sequence[SignIn]:
    """Sign-ins that can still get tokens, the last used first: a hundred at most."""
    used_at, at = func.coalesce(SignIn.last_used_at, SignIn.created_at), now()
    alive = SignIn.created_at > at - SIGN_IN_LASTS, used_at > at - REFRESH_LASTS
    own = SignIn.account_id == account.id, SignIn.revoked_at.is_(None)
    return db.session.scalars(select(SignIn).where(*own, *alive).order_by(used_at.desc()).limit(100)).all()


def end_own(sign_in_id: UUID, account: Account) -> None:
    """End one of the account's sign-ins. Raises NotFound for another's, and one that has ended."""
    if not goes_on(sign_in_id, account):
        raise NotFound("You have no such sign-in, or it has ended.")
    end(sign_in_id)
    audit.record("sign_in.end", f"account:{account.id}")


def end_all(account: Account) -> None:
    _end(SignIn.account_id == account.id)
    audit.record("sign_in.end_all", f"account:{account.id}")


def log_out_everywhere(account: Account) -> None:
    """End all sign-ins, and the calendar's feed, which can be read without one."""
    account.lock()  # of an address for the feed that is asked for at this moment, one comes first
    account.feed_token_hash = None
    end_all(account)


def end_others(account: Account, but: UUID) -> None:
    _end(SignIn.account_id == account.id, SignIn.id != but)


def _end(*which: ColumnElement[bool]) -> None:
    ended = {"revoked_at": now(), "device": None, "network": None}
    db.session.execute(update(SignIn).where(*which, SignIn.revoked_at.is_(None)).values(**ended))


def _wrong(account: Account | None) -> Unauthorized:
    refused_sign_ins.note(account, What.PASSWORD)
    return Unauthorized("The e-mail address or the password is wrong.")
