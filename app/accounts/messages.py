"""The mails to people about their accounts."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import delete

from app.accounts.models import Account
from app.config.settings import current_settings
from app.emails import signed_links
from app.emails.models import Email
from app.emails.outbox import Recipient, enqueue_email
from app.extensions import db, now
from app.time_zones import moment

VERIFY_ADDRESS, RESET_PASSWORD = "verify_address", "reset_password"
ADDRESS_IN_USE = "address_in_use"


def verify_address(account: Account, asked: UUID) -> None:
    """Mail a link that confirms the address; one mail for each request."""
    link = _link("/auth/verify", signed_links.unsigned_proof(account.id))
    enqueue_email(VERIFY_ADDRESS, asked, account, "Please confirm your e-mail address", link=link)


def reset_password(to: str, name: str, key: UUID) -> None:
    """Mail a link to set a new password."""
    link = _link("/auth/password/reset", signed_links.unsigned(key))
    enqueue_email(RESET_PASSWORD, key, Recipient(to, name), "Set a new password", link=link)


def address_in_use(owner: Account, key: UUID) -> None:
    """Tell the owner that this address was used in another registration. The account does not change."""
    enqueue_email(ADDRESS_IN_USE, key, owner, "You already have an account", when=moment(now(), owner.zone))


def take_back(kind: str, key: UUID) -> None:
    """Take the mail out of the outbox again, within the transaction that put it there."""
    db.session.execute(delete(Email).where(Email.kind == kind, Email.subject_id == str(key)))


def password_changed(account: Account, ended: str) -> None:
    """Tell the owner that the password changed, and which sign-ins ended."""
    _tell(account, "password_changed", "Your password was changed", ended=ended)


def taken_over(account: Account, removed: Sequence[str]) -> None:
    """Tell the mailbox's owner that the account is theirs, and which settings were removed."""
    enqueue_email(
        "account_taken_over", uuid4(), account, "Only you can use your account now", removed=removed
    )


def second_factor_on(account: Account) -> None:
    """Tell the owner that each login now needs a code, and that all other sign-ins ended."""
    _tell(account, "second_factor_on", "Your second factor is on")


def second_factor_off(account: Account, by: str) -> None:
    """Tell the owner that the password is enough again. `by` is "you" or "us"."""
    _tell(account, "second_factor_off", "Your second factor is off", by=by)


def recovery_codes_renewed(account: Account) -> None:
    """Tell the owner that the recovery codes were renewed. The mail does not contain them."""
    _tell(account, "recovery_codes_renewed", "You have new recovery codes")


def recovery_code_used(account: Account, left: int) -> None:
    """Tell the owner that a recovery code was used, and how many are left."""
    _tell(account, "recovery_code_used", "A recovery code was used", left=left)


def codes_guessed(account: Account, wrong: int, most: int) -> None:
    """Tell the owner that wrong codes came with the right password; `most` are allowed within a day."""
    _tell(account, "codes_guessed", "Someone is guessing codes for your account", wrong=wrong, most=most)


def account_deactivated(account: Account, by: str) -> None:
    """Tell the owner that the account is deactivated. `by` is "you" or "us"."""
    _tell(account, "account_deactivated", "Your account is deactivated", by=by)


def account_reactivated(account: Account) -> None:
    """Tell the owner that the account is active again."""
    _tell(account, "account_reactivated", "Your account is active again")


def _tell(account: Account, kind: str, subject: str, **shown: Any) -> None:
    """Put a mail about a security event into the outbox, with the time in the reader's zone."""
    enqueue_email(kind, uuid4(), account, subject, when=moment(now(), account.zone), **shown)


def _link(path: str, token: str) -> str:
    return f"{current_settings().public_url}{path}?{urlencode({'token': token})}"
