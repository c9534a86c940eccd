"""The mails to people about their accounts."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import delete

from app.config import current_settings
from app.emails import links
from app.emails.models import Email
from app.emails.outbox import insert_once, moment, put
from app.extensions import db, now

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account

VERIFY_ADDRESS, RESET_PASSWORD = "verify_address", "reset_password"
ADDRESS_IN_USE = "address_in_use"


def verify_address(account: "Account", asked: UUID, token: str) -> None:
    """A link that proves the address; once each time that it is asked for."""
    link = _link("/auth/verify", token)
    put(VERIFY_ADDRESS, asked, account, "Please confirm your e-mail address", link=link)


def reset_password(to: str, name: str, key: UUID) -> None:
    """A link to set a new password."""
    link = _link("/auth/password/reset", links.unsigned(key))
    insert_once(RESET_PASSWORD, str(key), to, name, "Set a new password", link=link)


def address_in_use(owner: "Account", key: UUID) -> None:
    """Somebody tried to register with the address of this account, which stays as it is."""
    put(ADDRESS_IN_USE, key, owner, "You have an account already", when=moment(now(), owner.zone))


def take_back(kind: str, key: UUID) -> None:
    """As if nobody had asked for this mail: within the transaction that asked."""
    db.session.execute(delete(Email).where(Email.kind == kind, Email.subject_id == str(key)))


def password_changed(account: "Account", ended: str) -> None:
    """The password is another one, and which sign-ins ended with that."""
    when = moment(now(), account.zone)
    put("password_changed", uuid4(), account, "Your password was changed", when=when, ended=ended)


def _link(path: str, token: str) -> str:
    return f"{current_settings().public_url}{path}?{urlencode({'token': token})}"
