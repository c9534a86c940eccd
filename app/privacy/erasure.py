"""Erasing an account: what names its owner goes, what the books are made of stays. All in one transaction."""

from uuid import UUID

from sqlalchemy import func, select

from app import idempotency
from app.accounts import leaving as leaving_account
from app.accounts.models import Account
from app.bookings import leaving as leaving_bookings
from app.coaches import leaving as leaving_coach
from app.emails import forgetting, leaving_messages
from app.extensions import db
from app.payments import leaving as leaving_payments


def erase(account: Account, password: str | None, sign_in_id: UUID) -> None:
    """Erase the caller's account. Of two at once one does it.

    Coming sessions are cancelled first, as the person would cancel them, and both sides are told.
    Raises PasswordNeeded, LastAdmin, and Unauthorized when it was erased meanwhile.
    """
    leaving_account.check_may(account, password, sign_in_id)
    # Whoever asks for a new password at this moment is mailed before, or not known any more.
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(account.email, 0))))
    leaving_account.check_another_admin(account)
    leaving_bookings.lock(account)
    cancelled = leaving_bookings.call_off(account)
    leaving_messages.account_erased(account, cancelled)
    leaving_messages.coach_left(account, leaving_payments.owed(account))
    leaving_bookings.forget_words(account)
    leaving_payments.forget_words(account)
    forgetting.forget(account.email, leaving_payments.naming(account))
    idempotency.forget_of(account.id)
    leaving_coach.erase(account)
    leaving_account.erase(account)
