"""The mails to people about their accounts."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import delete

from app.accounts.models import Account
from app.config.settings import current_settings
from app.emails import signed_links
from app.emails.models import Email
from app.emails.outbox import enqueue_email, enqueue_email_to
from app.extensions import db, now
from app.time_zones import moment

VERIFY_ADDRESS, RESET_PASSWORD = "verify_address", "reset_password"
ADDRESS_IN_USE = "address_in_use"


def verify_address(account: Account, asked: UUID) -> None:
    """A link that proves the address; once each time that it is asked for."""
    link = _link("/auth/verify", signed_links.unsigned_proof(account.id))
    enqueue_email(VERIFY_ADDRESS, asked, account, "Please confirm your e-mail address", link=link)


def reset_password(to: str, name: str, key: UUID) -> None:
    """A link to set a new password."""
    link = _link("/auth/password/reset", signed_links.unsigned(key))
    enqueue_email_to(RESET_PASSWORD, str(key), to, name, "Set a new password", link=link)


def address_in_use(owner: Account, key: UUID) -> None:
    """Somebody tried to register with the address of this account, which stays as it is."""
    enqueue_email(ADDRESS_IN_USE, key, owner, "You have an account already", when=moment(now(), owner.zone))


def take_back(kind: str, key: UUID) -> None:
    """As if nobody had asked for this mail: within the transaction that asked."""
    db.session.execute(delete(Email).where(Email.kind == kind, Email.subject_id == str(key)))


def password_changed(account: Account, ended: str) -> None:
    """The password is another one, and which sign-ins ended with that."""
    _tell(account, "password_changed", "Your password was changed", ended=ended)


def taken_over(account: Account, removed: Sequence[str]) -> None:
    """Whoever reads the mailbox has the account now, and what was taken away with those who had it before."""
    enqueue_email("account_taken_over", uuid4(), account, "Your account is yours alone", removed=removed)


def second_factor_on(account: Account) -> None:
    """Each login wants a code from now on; all other sign-ins ended."""
    _tell(account, "second_factor_on", "Your second factor is on")


def second_factor_off(account: Account, by: str) -> None:
    """The password is enough again; `by` is you or us."""
    _tell(account, "second_factor_off", "Your second factor is off", by=by)


def recovery_codes_renewed(account: Account) -> None:
    """There are other recovery codes; which, no mail says."""
    _tell(account, "recovery_codes_renewed", "You have new recovery codes")


def recovery_code_used(account: Account, left: int) -> None:
    """Somebody got in, or changed the second factor, with a recovery code, and how many are left."""
    _tell(account, "recovery_code_used", "A recovery code was used", left=left)


def codes_guessed(account: Account, wrong: int, most: int) -> None:
    """So many wrong codes came with the right password; after `most` within a day none is taken."""
    _tell(account, "codes_guessed", "Somebody tries codes for your account", wrong=wrong, most=most)


def account_deactivated(account: Account, by: str) -> None:
    """Nobody signs in to it any more; `by` is you or us."""
    _tell(account, "account_deactivated", "Your account is deactivated", by=by)


def account_reactivated(account: Account) -> None:
    """Its owner can sign in again."""
    _tell(account, "account_reactivated", "Your account is back")


def _tell(account: Account, kind: str, subject: str, **shown: str | int) -> None:
    """A mail each time that it happens, with the moment in the reader's zone."""
    enqueue_email(kind, uuid4(), account, subject, when=moment(now(), account.zone), **shown)


def _link(path: str, token: str) -> str:
    return f"{current_settings().public_url}{path}?{urlencode({'token': token})}"
