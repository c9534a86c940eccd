"""Accounts of people who book without one. Their password is unknown until the mailbox's owner sets one."""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from app import audit
from app.accounts import linked_records, password_hashing, registration, sessions, verification
from app.accounts.models import REMINDER_HOURS, Account, Role
from app.accounts.schemas import Email, Name
from app.extensions import db, now
from app.http.problems import Problem
from app.http.schema_types import Body, TimeZone
from app.observability import context

SAME_FORM_FOR = timedelta(hours=1)
"""How long a form that is sent again leads to the account that it opened."""
SHORTEST_SECRET = 20


class AddressKnown(Problem):
    status, slug, title = 409, "address-known", "Address has an account"
    meaning = "There is an account with this e-mail address. Knowing the address does not sign anybody in."
    remedy = "Sign in first, then book. If you have no password yet, set one by mail."


class Guest(Body):
    email: Email
    name: Name
    time_zone: TimeZone = "UTC"


class OwnName(Body):
    name: Name


def open_account(guest: Guest, secret: str) -> Account | None:
    """A client's account without a password. None if the address has an account; its owner gets a mail then.

    The form's secret makes the account's id, so a form that is sent twice does not lock its sender out. The
    answer reveals whether the address has an account, as a sign-in does: the limits of the route and the
    mail to the owner bound that. Raises TooManyAtOnce.
    """
    unknown = _unknown_password()  # before the lock
    Account.lock_address(guest.email)
    owner, account_id = Account.with_email(guest.email), _id_of(guest.email, secret)
    if owner is None:
        return _opened(account_id, guest, unknown)
    if owner.id == account_id and _is_new(owner):
        return owner
    registration.tell_owner(owner)
    return None


def prove_address(account: Account, wish: OwnName, sign_in_id: UUID | None) -> None:
    """Verify the address of a person who opened a mailed link, and take the name from its owner.

    Whoever opened the account may be a stranger. So what that person set ends, unless this browser is signed
    in to the account: then it is the same person.
    """
    unknown = _unknown_password()  # before the lock
    linked_records.lock_with_profile(account)
    account.check_not_erased()
    if account.email_verified:
        return
    if sign_in_id and sessions.goes_on(sign_in_id, account):
        account.email_verified_at = now()
        linked_records.address_verified(account)
    else:
        account.password_hash = unknown
        verification.take_over(account)
    account.name = wish.name
    audit.record("account.verify", f"account:{account.id}")


def _opened(account_id: UUID, guest: Guest, password_hash: str) -> Account:
    account = Account(
        id=account_id,
        email=guest.email,
        password_hash=password_hash,
        name=guest.name,
        role=Role.CLIENT,
        time_zone=guest.time_zone,
        reminder_hours=list(REMINDER_HOURS),
    )
    db.session.add(account)
    db.session.flush()
    context.actor.set(f"account:{account.id}")
    return account


def _is_new(account: Account) -> bool:
    return not account.email_verified and account.created_at > now() - SAME_FORM_FOR


def _id_of(email: str, secret: str) -> UUID:
    """Nobody can find the secret by the id, which is no secret itself."""
    secret = secret if len(secret) >= SHORTEST_SECRET else secrets.token_urlsafe()
    return UUID(bytes=sha256(f"{secret} {email}".encode()).digest()[:16], version=4)


def _unknown_password() -> str:
    """A hash like every other, so that a refused sign-in takes equally long."""
    return password_hashing.hashed(secrets.token_urlsafe(32))
