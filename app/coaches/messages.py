"""The mails to coaches about whether clients find them."""

from collections.abc import Collection
from uuid import uuid4

from app.accounts.models import Account
from app.emails.outbox import enqueue_email


def coach_approved(account: Account, missing: Collection[str]) -> None:
    """Clients find the coach from now on, or once what is missing is there."""
    subject = "You are approved" if missing else "You are listed"
    enqueue_email("coach_approved", uuid4(), account, subject, missing=missing)


def coach_declined(account: Account, reason: str, was_listed: bool) -> None:
    """Clients do not find the coach, or no longer do, and why."""
    subject = "You are listed no longer" if was_listed else "We do not list your profile"
    enqueue_email("coach_declined", uuid4(), account, subject, reason=reason, was_listed=was_listed)
