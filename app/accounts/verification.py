"""Proving an address: whoever reads its mailbox owns the account, and nothing from before is believed.

Anybody can open an account with the address of somebody else, and use it until its owner comes.
"""

from itsdangerous import BadSignature, SignatureExpired
from sqlalchemy import delete

from app import audit, context
from app.accounts import passwords, second_factor, sign_ins
from app.accounts.models import Account, PasswordReset
from app.emails import links
from app.extensions import db, now
from app.problems import Invalid


def verify(token: str, password: str | None) -> Account:
    """The account whose address the token of a mail proves.

    With its password the same person has both, and stays signed in. Without, whoever signed in before may be
    somebody else: all sign-ins end. Raises Invalid when the token is altered, old or used, or the password is
    another one, and has then changed nothing; and TooManyAtOnce.
    """
    account = _account_of(token)
    seen = account.password_hash
    if password is not None and not passwords.matches(password, seen):
        raise _not_the_password()
    account.lock()
    if account.email_verified or account.is_erased:
        raise _used()
    if password is not None and account.password_hash != seen:
        raise _not_the_password()
    context.actor.set(f"account:{account.id}")
    audit.record("account.verify", f"account:{account.id}")
    if password is None:
        prove(account)
    else:
        account.email_verified_at = now()
    return account


def prove(account: Account) -> None:
    """By a locked account's mailbox, of which whoever used the account before may have known nothing.

    Sign-ins, the calendar's feed, links of mails and whatever there is of a second factor end.
    """
    account.email_verified_at, account.feed_token_hash = now(), None
    db.session.execute(delete(PasswordReset).where(PasswordReset.account_id == account.id))
    second_factor.forget(account)
    sign_ins.end_all(account)


def _account_of(token: str) -> Account:
    """Raises Invalid for a token that proves nothing."""
    key = links.key_of(token)
    account = db.session.get(Account, key) if key else None
    if account is None:
        raise _not_whole()
    try:
        links.check_proof(token, account.email)
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


def _not_the_password() -> Invalid:
    wrong = "is not the one of this account: whoever did not choose it sets a new one by mail instead"
    return Invalid("/password", wrong)
