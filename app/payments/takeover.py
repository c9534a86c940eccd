"""An account that its address's owner takes over from whoever opened it: where no money goes any more."""

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
    """Forget a coach's account at Stripe, and let nobody pay into it any more.

    The account and its profile are locked. The owner opens another; Stripe's word of the old one is of no
    account of ours from now on. What it was, in words for the owner; None where there was none.
    """
    row = PayoutAccount.locked(account.id)
    if row is None:
        return None
    audit.record("payout_account.detach", f"account:{account.id}", row.stripe_account_id or "not opened yet")
    db.session.delete(row)
    db.session.flush()
    _close_pages(account)
    return "the account at Stripe that payments to you were sent on to; open another to be paid out"


def _close_pages(coach: Account) -> None:
    """Of what is about to be paid into it: who asks again pays into ours."""
    sent_on = Payment.coach_id == coach.id, Payment.stripe_destination_id.is_not(None)
    unpaid = Payment.status.in_([Status.PENDING, Status.FAILED]), Payment.session_ended_at.is_(None)
    for payment_id in db.session.scalars(select(Payment.id).where(*sent_on, *unpaid)).all():
        payment = Payment.locked(payment_id)
        if payment is None or payment.is_paid or payment.status is Status.PROCESSING:
            continue
        payment.stop_waiting()
        after_commit(TaskNames.CLOSE_SESSION, str(payment_id))
