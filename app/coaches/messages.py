"""Mails to coaches about their listing in the directory."""

from collections.abc import Collection
from uuid import uuid4

from app.accounts.models import Account
from app.emails.outbox import enqueue_email


def coach_approved(account: Account, missing: Collection[str]) -> None:
    """Tell a coach of the approval, and which steps are left."""
    subject = "You are approved" if missing else "You are listed"
    enqueue_email("coach_approved", uuid4(), account, subject, missing=missing)


def coach_declined(account: Account, reason: str, was_listed: bool) -> None:
    """Tell a coach of the decision not to list the profile, with the reason."""
    subject = "Your profile is no longer listed" if was_listed else "Your profile is not listed"
    enqueue_email("coach_declined", uuid4(), account, subject, reason=reason, was_listed=was_listed)
