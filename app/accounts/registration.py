"""Opening an account."""

from sqlalchemy.dialects.postgresql import insert

from app.accounts import passwords, tokens
from app.accounts.models import Account
from app.accounts.schemas import Registration
from app.emails import messages
from app.extensions import db
from app.problems import Problem


class EmailTaken(Problem):
    status, slug = 409, "email-taken"


def register(person: Registration) -> Account:
    """A new account, and the mail that asks to verify its address. Raises EmailTaken."""
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
    messages.verify_address(account, tokens.verification(account))
    return account
