"""Reset and change passwords. Every change locks the account first, then its reset link."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.accounts import (
    linked_records,
    messages,
    password_hashing,
    password_policy,
    sessions,
    verification,
)
from app.accounts.models import Account, PasswordReset
from app.emails import signed_links
from app.emails.models import Email
from app.emails.outbox import called
from app.extensions import db, now
from app.http import rate_limits
from app.http.problems import Faults, Invalid
from app.observability import context

LINK_LASTS = timedelta(hours=1)
MAX_MAILS_AN_HOUR = 3
AN_HOUR = f"{MAX_MAILS_AN_HOUR} per hour"
"""To one address, however many accounts are opened with it and erased."""


def forget(email: str) -> None:
    """Mail a link to set a new password. It replaces the earlier link.

    For an unknown address, or one above its limit, no mail is sent, and the work takes equally long: the same
    locks, the same rows written, a job that finds no mail. An advisory lock serializes requests for one
    address, known or not.
    """
    key = uuid4()
    Account.lock_address(email)
    account = Account.with_email(email)
    asked = Email.asked_for(email, now() - timedelta(hours=1), messages.RESET_PASSWORD)
    messages.reset_password(email, called(account) if account else "", key)
    is_within = rate_limits.is_within(AN_HOUR, messages.RESET_PASSWORD, email)
    if account is None or len(asked) >= MAX_MAILS_AN_HOUR or not is_within:
        messages.take_back(messages.RESET_PASSWORD, key)
        return
    newest = {"key": key, "asked_at": now()}
    link = insert(PasswordReset).values(account_id=account.id, **newest)
    db.session.execute(link.on_conflict_do_update(index_elements=["account_id"], set_=newest))


def reset(token: str, password: str) -> Account:
    """Set a new password with the link of a mail. The link is used up and all sign-ins end.

    Raises Invalid without any change: a refused password does not use up the link.
    """
    key = signed_links.key_of(token)
    if key is None:
        raise Invalid("/token", "is not complete: copy the whole link from the mail")
    account = db.session.scalar(
        select(Account).join(PasswordReset, PasswordReset.account_id == Account.id).where(*_good(key))
    )
    if account is None or not signed_links.is_for(token, account.email):
        raise _spent()
    password_policy.check(password, "/password", account.email, account.name)
    password_hash = password_hashing.hashed(
        password
    )  # hash before the lock, so that payments need not wait for it
    linked_records.lock_with_profile(account)
    if not _spend(key):
        raise _spent()
    context.actor.set(f"account:{account.id}")
    _set(account, password_hash, "password.reset")
    if account.email_verified:
        sessions.end_all(account)
    else:
        verification.take_over(account)
    messages.password_changed(account, "everywhere")
    return account


def change(account: Account, current: str, password: str, sign_in_id: UUID) -> None:
    """Set a new password with the current one; all other sign-ins end.

    Raises Invalid, and Unauthorized if this sign-in has ended."""
    faults, password_hash = Faults(), ""
    with faults.gathered():
        password_policy.check(password, "/new_password", account.email, account.name)
        password_hash = password_hashing.hashed(password)
    with faults.gathered():
        sessions.lock_authenticated(account, current, "/current_password")
    faults.check()
    sessions.started_at(sign_in_id)
    _set(account, password_hash, "password.change")
    sessions.end_others(account, but=sign_in_id)
    messages.password_changed(account, "on all other devices")


def _set(account: Account, password_hash: str, action: str) -> None:
    """Store the hash and revoke what the old password allowed: reset links and the calendar feed's URL."""
    db.session.execute(delete(PasswordReset).where(PasswordReset.account_id == account.id))
    account.password_hash, account.feed_token_hash = password_hash, None
    audit.record(action, f"account:{account.id}")


def _spend(key: UUID) -> bool:
    """Use up the link. True for exactly one of concurrent requests."""
    spent = delete(PasswordReset).where(*_good(key)).returning(PasswordReset.key)
    return db.session.scalar(spent) is not None


def _good(key: UUID) -> tuple[ColumnElement[bool], ...]:
    return PasswordReset.key == key, PasswordReset.asked_at > now() - LINK_LASTS


def _spent() -> Invalid:
    return Invalid("/token", "was used, is older than an hour, or was replaced by a newer link")
