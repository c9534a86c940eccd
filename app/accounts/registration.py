"""Opening an account, and asking to prove its address."""

from datetime import timedelta
from math import ceil
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert

from app.accounts import password_rule, passwords, tokens
from app.accounts.models import Account
from app.accounts.schemas import Registration
from app.emails import account_messages
from app.emails.models import Email
from app.extensions import db, now
from app.problems import Problem

MOST_MAILS_AN_HOUR = 3


class EmailTaken(Problem):
    status, slug = 409, "email-taken"


class AlreadyVerified(Problem):
    status, slug = 409, "already-verified"


class TooManyMails(Problem):
    status, slug = 429, "too-many-mails"


def register(person: Registration) -> Account:
    """A new account, and the mail that asks to verify its address. Raises EmailTaken, Invalid."""
    password_rule.check(person.password, "/password", person.email, person.name)
    account_id = db.session.scalar(
        insert(Account)
        .values(
            email=person.email,
            password_hash=passwords.hashed(person.password),
            name=person.name,
            role=person.role,
            time_zone=person.time_zone,
        )
        .on_conflict_do_nothing(index_elements=[Account.email])
        .returning(Account.id)
    )
    if account_id is None:
        raise EmailTaken("An account with this address exists. Log in instead.")
    account = db.session.get_one(Account, account_id)
    account_messages.verify_address(account, account.id, tokens.verification(account))
    return account


def verify_again(account: Account) -> None:
    """Mail another link to prove the address; older ones stay good. Raises AlreadyVerified, TooManyMails."""
    account.lock()
    if account.email_verified:
        raise AlreadyVerified("This address is verified already.")
    hour = timedelta(hours=1)
    asked = Email.asked_for(account_messages.VERIFY_ADDRESS, account.email, now() - hour)
    if len(asked) >= MOST_MAILS_AN_HOUR:
        wait = ceil((asked[-MOST_MAILS_AN_HOUR] + hour - now()).total_seconds())
        raise TooManyMails(
            f"{len(asked)} mails went to this address within the hour; look for them, also under spam.",
            headers={"Retry-After": str(max(wait, 1))},
        )
    account_messages.verify_address(account, uuid4(), tokens.verification(account))
