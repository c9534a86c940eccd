"""Erasing an account: what names its owner goes, what the books are made of stays. All in one transaction."""

import logging
from uuid import UUID

from app import idempotency
from app.accounts import erasure as account_erasure
from app.accounts.models import Account
from app.bookings import erasure as booking_erasure
from app.coaches import erasure as coach_erasure
from app.emails import erasure
from app.http.problems import Problem
from app.payments import erasure as payment_erasure
from app.privacy import messages

log = logging.getLogger(__name__)


def erase_own(account: Account, password: str | None, code: str | None, sign_in_id: UUID) -> Problem | None:
    """Erase the caller's account, or why not. The caller must commit that too: wrong codes are counted.

    Raises WrongProof, and likewise.
    """
    account_erasure.check_password(account, password)
    _lock(account)
    refusal = account_erasure.refusal(account, password, code, sign_in_id)
    if refusal is None:
        _erase(account, "")
    return refusal


def erase(account: Account, reason: str) -> None:
    """By an operator, for who cannot sign in. Raises LastAdmin, and Unauthorized once it is erased."""
    _lock(account)
    _erase(account, reason)


def _lock(account: Account) -> None:
    """Whatever goes with it, in the order that all take. Of two at once one goes on."""
    # Whoever asks for a new password at this moment is mailed before, or not known any more.
    Account.lock_address(account.email)
    account_erasure.check_another_admin(account)
    booking_erasure.lock(account)


def _erase(account: Account, reason: str) -> None:
    """Coming sessions are cancelled as the person would cancel them, and both sides are told.

    Whatever takes long and holds up nobody else comes before that, as it locks all whom the person meets.
    """
    payment_erasure.forget_words(account)
    cancelled = booking_erasure.call_off(account)
    messages.account_erased(account, cancelled)
    messages.coach_left(account, payment_erasure.last_accounts(account))
    booking_erasure.forget_words(account)
    erasure.redact_recipient(account.email, payment_erasure.naming(account))
    idempotency.forget_of(account.id)
    idempotency.forget_answers_to(booking_erasure.others(account))
    coach_erasure.erase(account)
    account_erasure.erase(account, reason)
    log.info("account %s erased", account.id)
