"""Erasure of an account in one transaction: personal data goes, the entries of the books stay."""

import logging
from uuid import UUID

from app import idempotency
from app.accounts import erasure as account_erasure
from app.accounts.models import Account
from app.bookings import erasure as booking_erasure
from app.coaches import erasure as coach_erasure
from app.emails import erasure
from app.http.problems import Problem
from app.payments import email_mentions
from app.payments import erasure as payment_erasure
from app.privacy import messages

log = logging.getLogger(__name__)


def erase_own(account: Account, password: str | None, code: str | None, sign_in_id: UUID) -> Problem | None:
    """Erase the caller's account. Returns why it was refused, or None.

    The caller must commit a refusal too: wrong codes are counted. Raises WrongProof, LastAdmin and
    Unauthorized.
    """
    account_erasure.check_password(account, password)
    _lock(account)
    refusal = account_erasure.refusal(account, password, code, sign_in_id)
    if refusal is None:
        _erase(account, "")
    return refusal


def erase(account: Account, reason: str) -> None:
    """Erase an account as an operator, for an owner who cannot sign in.

    Raises LastAdmin, and Unauthorized if it is already erased."""
    _lock(account)
    _erase(account, reason)


def _lock(account: Account) -> None:
    """Lock all rows that the erasure touches, in the common order. One of two concurrent calls goes on."""
    # a concurrent password reset mails before this, or finds no account
    Account.lock_address(account.email)
    account_erasure.check_another_admin(account)
    booking_erasure.lock(account)


def _erase(account: Account, reason: str) -> None:
    """Cancel upcoming sessions as the person would, with mails to both sides.

    It comes after the slow steps, because it locks the accounts of all counterparties.
    """
    payment_erasure.forget_words(account)
    cancelled = booking_erasure.call_off(account)
    messages.account_erased(account, cancelled)
    messages.coach_left(account, payment_erasure.last_accounts(account))
    booking_erasure.forget_words(account)
    erasure.redact_recipient(account.email, email_mentions.of_person(account))
    idempotency.forget_of(account.id)
    idempotency.forget_answers_to(booking_erasure.others(account))
    coach_erasure.erase(account)
    account_erasure.erase(account, reason)
    log.info("account %s erased", account.id)
