"""Takeover of an account by the owner of its address: removes the payout account."""

from sqlalchemy import select

from app import audit
from app.accounts.models import Account
from app.extensions import db
from app.payments.models import Payment
from app.payments.payouts.account import PayoutAccount
from app.payments.status import Status
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames


def detach_payouts(account: Account) -> str | None:
    """Remove a coach's payout account, so that no payment goes there.

    The account and its profile are locked. The owner can open another one; events of the old one are ignored.
    Returns what was removed, in words for the owner, or None.
    """
    row = PayoutAccount.locked(account.id)
    if row is None:
        return None
    audit.record("payout_account.detach", f"account:{account.id}", row.stripe_account_id or "not opened yet")
    db.session.delete(row)
    db.session.flush()
    _close_pages(account)
    return "the account at Stripe that received your payouts; open another one to be paid out"


def _close_pages(coach: Account) -> None:
    """Close open payment pages that pay into it. New ones pay into our account."""
    sent_on = Payment.coach_id == coach.id, Payment.stripe_destination_id.is_not(None)
    unpaid = Payment.status.in_([Status.PENDING, Status.FAILED]), Payment.session_ended_at.is_(None)
    for payment_id in db.session.scalars(select(Payment.id).where(*sent_on, *unpaid)).all():
        payment = Payment.locked(payment_id)
        if payment is None or payment.is_paid or payment.status is Status.PROCESSING:
            continue
        payment.stop_waiting()
        after_commit(TaskNames.CLOSE_SESSION, str(payment_id))
