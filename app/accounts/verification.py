"""Address verification: the owner of the mailbox owns the account.

Anyone can open an account with another person's address and use it until the owner proves it. Settings from
before that proof are not trusted.
"""

from uuid import UUID

from itsdangerous import BadSignature, SignatureExpired
from sqlalchemy import delete

from app import audit
from app.accounts import linked_records, messages, password_hashing, sessions
from app.accounts.models import REMINDER_HOURS, Account, PasswordReset
from app.accounts.two_factor import two_factor
from app.emails import signed_links
from app.extensions import db, now
from app.http.problems import Invalid
from app.observability import context


def verify(token: str, password: str | None, sign_in_id: UUID | None) -> Account:
    """Verify the address that a mail's token proves, for the person who opened the account.

    That person sends the password or is signed in. Another reader of the mailbox sets a new password by mail,
    which ends everything from before. Raises Invalid, without any change, if the token is altered, expired or
    used, or if the password is missing or wrong; and TooManyAtOnce.
    """
    account = _account_of(token)
    seen = account.password_hash
    if account.email_verified:
        raise _used()
    if password is None and sign_in_id is None:
        raise _password_needed()
    if password is not None and not password_hashing.matches(password, seen):
        raise _not_the_password()
    account.lock()
    if account.email_verified or account.is_erased:
        raise _used()
    if password is not None and account.password_hash != seen:
        raise _not_the_password()
    if password is None and not (sign_in_id and sessions.goes_on(sign_in_id, account)):
        raise _password_needed()
    context.actor.set(f"account:{account.id}")
    audit.record("account.verify", f"account:{account.id}")
    account.email_verified_at = now()
    linked_records.address_verified(account)
    return account


def take_over(account: Account) -> None:
    """Hand the locked account over to the owner of its mailbox, who may not have opened it.

    Sign-ins, calendar feed, mailed links and second factor end. So do settings of other packages that direct
    money or people to the person who opened the account.
    """
    account.email_verified_at, account.feed_token_hash = now(), None
    db.session.execute(delete(PasswordReset).where(PasswordReset.account_id == account.id))
    two_factor.forget(account)
    sessions.end_all(account)
    removed = linked_records.withdraw(account)
    removed.append(_forget_words(account))
    linked_records.address_verified(account)
    audit.record("account.take_over", f"account:{account.id}", "; ".join(removed))
    messages.taken_over(account, removed)


def _forget_words(account: Account) -> str:
    """The name that others are shown, and when reminders come: what it was, in words for the owner."""
    account.name, account.reminder_hours = account.role.title(), list(REMINDER_HOURS)
    return f"the account's name: others read {account.name} until you write yours"


def _account_of(token: str) -> Account:
    """Read a verification token. Raises Invalid for an unusable one."""
    key = signed_links.key_of(token)
    account = db.session.get(Account, key) if key else None
    if account is None:
        raise _not_whole()
    try:
        signed_links.check_proof(token, account.email)
    except SignatureExpired:
        raise Invalid("/token", "has expired: ask for a new link") from None
    except BadSignature:
        raise _not_whole() from None
    return account


def _not_whole() -> Invalid:
    return Invalid(
        "/token", "is not complete: copy the whole link from the newest mail, or ask for a new one"
    )


def _used() -> Invalid:
    return Invalid("/token", "was used already")


_SET_ANOTHER = "If you did not choose it, set a new one by mail"


def _password_needed() -> Invalid:
    return Invalid("/password", f"is needed: the password of this account. {_SET_ANOTHER}")


def _not_the_password() -> Invalid:
    return Invalid("/password", f"is not the password of this account. {_SET_ANOTHER}")
