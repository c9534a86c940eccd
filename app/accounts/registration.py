"""Opening an account, and asking to prove its address."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert

from app.accounts import messages, password_hashing
from app.accounts.models import REMINDER_HOURS, Account
from app.accounts.schemas import Registration
from app.emails.models import Email
from app.extensions import db, now
from app.http.problems import Problem

MAX_MAILS_AN_HOUR = 3
HOUR = timedelta(hours=1)
OF_REGISTERING = (messages.VERIFY_ADDRESS, messages.ADDRESS_IN_USE)


class AlreadyVerified(Problem):
    status, slug, title = 409, "already-verified", "Address verified already"
    meaning = "This e-mail address was proven before."
    remedy = "Nothing is left to do: go on as you are."


class TooManyMails(Problem):
    status, slug, title = 429, "too-many-mails", "Too many mails"
    meaning = "As many mails went to this address within the hour as may go."
    remedy = (
        "Look for them, also under spam: each link in them is still good. Retry-After says when another can"
        " be sent."
    )


def register(person: Registration) -> Account:
    """The account as it was asked for, and a mail to its address.

    Where the address has an account already, what is answered looks the same and is nobody's: its owner gets
    a mail instead, and nothing changes. Either way takes as long: one hash, the same waits and rows. So the
    answer tells nobody who has an account. Signing in with the new password afterwards still does; what that
    costs is the limits of both routes, and that the owner is told.
    """
    wish = _wish(person)
    Account.lock_address(person.email)
    db.session.execute(insert(Account).values(**wish).on_conflict_do_nothing(index_elements=[Account.email]))
    owner = Account.with_email(person.email)
    assert owner, "it was there, or is now"
    mails = Email.asked_for(person.email, now() - HOUR, *OF_REGISTERING)
    if owner.id == wish["id"]:
        messages.verify_address(owner, owner.id)
    else:
        _tell(owner, mails)
    return Account(**wish)


def _tell(owner: Account, mails: Sequence[datetime]) -> None:
    """That somebody tried to register with this address, unless its owner heard of that often enough."""
    key = uuid4()
    messages.address_in_use(owner, key)
    if len(mails) >= MAX_MAILS_AN_HOUR:
        messages.take_back(messages.ADDRESS_IN_USE, key)


def _wish(person: Registration) -> dict[str, Any]:
    """All that is answered of an account, whoever has the address."""
    at = now()
    return {
        "id": uuid4(),
        "email": person.email,
        "password_hash": password_hashing.hashed(person.password),
        "name": person.name,
        "role": person.role,
        "time_zone": person.time_zone,
        "reminder_hours": list(REMINDER_HOURS),
        "created_at": at,
        "updated_at": at,
    }


def verify_again(account: Account) -> None:
    """Mail another link to prove the address; older ones stay good. Raises AlreadyVerified, TooManyMails."""
    account.lock()
    if account.email_verified:
        raise AlreadyVerified("This address is verified already.")
    asked = Email.asked_for(account.email, now() - HOUR, messages.VERIFY_ADDRESS)
    if len(asked) >= MAX_MAILS_AN_HOUR:
        wait = ceil((asked[-MAX_MAILS_AN_HOUR] + HOUR - now()).total_seconds())
        raise TooManyMails(
            f"{len(asked)} mails went to this address within the hour; look for them, also under spam.",
            headers={"Retry-After": str(max(wait, 1))},
        )
    messages.verify_address(account, uuid4())
