"""What other rooms keep beside an account. They stand above this one; `create_app` hands them in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from app.accounts.models import Account


@dataclass(frozen=True)
class LinkedRecords:
    """What to do with such records when their account changes."""

    lock: Callable[[Account], None]
    """Locks the profile beside an account. It is called first: everybody locks the two in this order."""
    withdraw: Sequence[Callable[[Account], str | None]]
    """Takes away what sends money or people somewhere, when the owner of an address takes its account over.

    The account and its profile are locked. Each returns what it took, in words for the owner, or None.
    """
    address_proven: Callable[[Account], None]
    """Sends what was withheld, within the transaction in which the address of a locked account is proven."""


def init_app(app: Flask, records: LinkedRecords) -> None:
    app.extensions["linked_records"] = records


def lock_with_profile(account: Account) -> None:
    """Lock an account whose name is about to change, after the profile that repeats the name."""
    _current().lock(account)
    account.lock()


def withdraw(account: Account) -> list[str]:
    """Take away what sends money or people somewhere; what it was, in words for the account's owner."""
    return [what for take in _current().withdraw if (what := take(account))]


def address_proven(account: Account) -> None:
    """Mails may reach it from now on."""
    _current().address_proven(account)


def _current() -> LinkedRecords:
    records: LinkedRecords = current_app.extensions["linked_records"]
    return records
