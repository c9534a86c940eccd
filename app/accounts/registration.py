"""Registration, and the mail that asks to verify the address."""

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
from app.http import rate_limits
from app.http.problems import Problem

MAX_MAILS_AN_HOUR = 3
A_DAY = "5 per day"
"""To one address, however many accounts are opened with it and erased; of each of the two kinds."""
HOUR = timedelta(hours=1)
OF_REGISTERING = (messages.VERIFY_ADDRESS, messages.ADDRESS_IN_USE)


class AlreadyVerified(Problem):
    status, slug, title = 409, "already-verified", "Address verified already"
    meaning = "This e-mail address is already verified."
    remedy = "Nothing is left to do."


class TooManyMails(Problem):
    status, slug, title = 429, "too-many-mails", "Too many mails"
    meaning = "The limit of mails to this address is reached: three an hour, and five a day."
    remedy = (
        "Look for them, also in the spam folder: every link in them still works. Retry-After says when you"
        " can ask again."
    )


def register(person: Registration) -> Account:
    """Open an account and mail a verification link to its address.

    If the address already has an account, nothing changes, its owner gets a mail, and the answer looks the
    same and takes equally long (one hash, the same locks and rows). So the answer does not reveal who has an
    account. Signing in afterwards does; the limits of both routes and the mail to the owner bound that.
    """
    wish = _wish(person)
    Account.lock_address(person.email)
    db.session.execute(insert(Account).values(**wish).on_conflict_do_nothing(index_elements=[Account.email]))
    owner = Account.with_email(person.email)
    assert owner, "it exists, whichever request inserted it"
    mails = Email.asked_for(person.email, now() - HOUR, *OF_REGISTERING)
    if owner.id == wish["id"]:
        _ask_to_verify(owner)
    else:
        _tell(owner, mails)
    return Account(**wish)


def _ask_to_verify(owner: Account) -> None:
    """Mail a link, unless the address got as many of them today by other accounts, which were erased."""
    messages.verify_address(owner, owner.id)
    if not rate_limits.is_within(A_DAY, messages.VERIFY_ADDRESS, owner.email):
        messages.take_back(messages.VERIFY_ADDRESS, owner.id)


def _tell(owner: Account, mails: Sequence[datetime]) -> None:
    """Mail the owner that the address was used to register, unless the limit of such mails is reached."""
    key = uuid4()
    messages.address_in_use(owner, key)
    is_within = rate_limits.is_within(A_DAY, messages.ADDRESS_IN_USE, owner.email)
    if len(mails) >= MAX_MAILS_AN_HOUR or not is_within:
        messages.take_back(messages.ADDRESS_IN_USE, key)


def tell_owner(owner: Account) -> None:
    """Mail the owner that somebody else gave this address, unless the limit of such mails is reached."""
    _tell(owner, Email.asked_for(owner.email, now() - HOUR, *OF_REGISTERING))


def _wish(person: Registration) -> dict[str, Any]:
    """The answer of a registration, equal for new and existing addresses."""
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
    """Mail another verification link; earlier ones stay valid. Raises AlreadyVerified, TooManyMails."""
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
    if not rate_limits.is_within(A_DAY, messages.VERIFY_ADDRESS, account.email):
        raise TooManyMails(
            "Five mails went to this address within the day; look for them, also under spam.",
            headers={"Retry-After": str(int(HOUR.total_seconds()))},
        )
    messages.verify_address(account, uuid4())
