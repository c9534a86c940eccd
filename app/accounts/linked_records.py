"""Records of other packages that depend on an account. `create_app` registers them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from app.accounts.models import Account


@dataclass(frozen=True)
class LinkedRecords:
    """Actions on such records when their account changes."""

    lock: Callable[[Account], None]
    """Locks the profile of an account. Called before the account is locked, the common order."""
    withdraw: Sequence[Callable[[Account], str | None]]
    """Remove settings that direct money or people, when the owner of an address takes the account over.

    The account and its profile are locked. Each returns what it removed, in words for the owner, or None.
    """
    address_verified: Callable[[Account], None]
    """Release withheld mails, in the transaction that verifies the address of a locked account."""


def init_app(app: Flask, records: LinkedRecords) -> None:
    app.extensions["linked_records"] = records


def lock_with_profile(account: Account) -> None:
    """Lock an account for a change of its name, after the profile that repeats it."""
    _current().lock(account)
    account.lock()


def withdraw(account: Account) -> list[str]:
    """Remove settings that direct money or people. Returns what was removed, in words for the owner."""
    return [what for take in _current().withdraw if (what := take(account))]


def address_verified(account: Account) -> None:
    """Release the mails that were withheld from the account."""
    _current().address_verified(account)


def _current() -> LinkedRecords:
    records: LinkedRecords = current_app.extensions["linked_records"]
    return records
