"""Refunds: the rows that a job submits to Stripe, and their effect on the payment."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import alerts
from app.alerts import AlertKind
from app.bookings.models import Booking
from app.extensions import db, now
from app.money.money import Money
from app.payments.events.payloads import Outcome
from app.payments.ledger import posting, stripe_fees
from app.payments.models import Payment, Refund
from app.payments.refunds import messages
from app.payments.status import NOT_REFUNDED, RefundCause, RefundReason, RefundStatus, Status
from app.payments.stripe import refunds as at_stripe
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

RETURNED_ALREADY = at_stripe.ALREADY_REFUNDED
"""Why a refund ended because the money was already returned, for example in Stripe's dashboard."""


def request(
    payment: Payment,
    amount: Money,
    reason: str,
    booking: Booking,
    cause: RefundCause,
    follows: Refund | None = None,
    stripe_reason: RefundReason = RefundReason.REQUESTED,
) -> Refund:
    """Record a refund of a booking's share; a job submits it after the commit.

    The payment must be locked. `follows` is the refund that this one replaces, which must have no other
    replacement.
    """
    refund = Refund(
        payment=payment,
        booking_id=booking.id,
        cause=cause,
        amount_minor=amount.amount,
        currency=amount.currency,
        reason=reason,
        stripe_reason=stripe_reason,
        follows_id=follows.id if follows else None,
    )
    db.session.add(refund)
    db.session.flush()
    after_commit(TaskNames.SUBMIT_REFUND, str(refund.id))
    return refund


def ask_again(refund: Refund) -> None:
    """Submit a refund that waited: a job does it after the commit."""
    refund.due_at = now()
    after_commit(TaskNames.SUBMIT_REFUND, str(refund.id))


def reduce_to_what_is_left(refund_id: UUID) -> Money:
    """Lower a waiting refund to the refundable rest of its payment. Returns the rest."""
    refund = db.session.get_one(Refund, refund_id)
    payment = Payment.locked(refund.payment_id)
    assert payment is not None, "payments are never deleted"
    db.session.refresh(refund)
    others = sum(
        each.amount_minor
        for each in payment.refunds
        if each is not refund and each.status not in NOT_REFUNDED
    )
    left = max(0, payment.amount_minor - payment.given_back_minor - others)
    if 0 < left < refund.amount_minor:
        refund.amount_minor = left
    return Money(min(left, refund.amount_minor), refund.currency)


def call_off(refund: Refund, why: str) -> None:
    """Cancel a refund, which will not be submitted any more."""
    refund.status, refund.failure_reason = RefundStatus.CANCELED, why


def apply(
    refund_id: UUID,
    stripe_id: str | None,
    status: RefundStatus,
    failure_reason: str | None,
    at: datetime | None = None,
) -> Outcome:
    """Record a refund's status and its effect on the payment. A final status stays.

    `at` is the event's time at Stripe; None for an answer to our own call, which is always current.
    """
    payment_id = db.session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    payment = Payment.locked(payment_id) if payment_id else None
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    is_known = stripe_id is not None and stripe_id == refund.stripe_refund_id
    # a refund that was cancelled here may have been made, if the answer was lost: Stripe is right then
    # if Stripe refused it meanwhile, nothing is due
    over = refund.status in NOT_REFUNDED and (refund.stripe_refund_id is not None or stripe_id is None)
    refund.stripe_refund_id = refund.stripe_refund_id or stripe_id
    refund.lease_expires_at = None
    if over or payment is None or not refund.is_news(status, at):
        return f"the refund is {refund.status} already"
    refund.said_at = at or refund.said_at
    if is_known and refund.status is status:
        return f"the refund is {status} already"
    refund.status, refund.failure_reason, refund.last_error = status, failure_reason, None
    db.session.flush()
    update_refunded(payment)
    posting.post(payment)
    stripe_fees.recheck_transfer(payment)
    _tell(refund, payment)
    return None


def _tell(refund: Refund, payment: Payment) -> None:
    """Mail the client when a refund is issued or fails, and record an alert when it fails."""
    sessions = [booking for booking in payment.bookings if refund.booking_id in {None, booking.id}]
    if (
        refund.stripe_refund_id and refund.cause is not RefundCause.RETURNED
    ):  # this cause has a mail of its own
        messages.refund_issued(refund, sessions)
    if refund.status in NOT_REFUNDED and refund.failure_reason != RETURNED_ALREADY:
        messages.refund_failed(refund, sessions)
        why = refund.failure_reason or "no word why"
        what = f"Refund {refund.id} of {refund.money}, for payment {payment.id}, {refund.status}: {why}"
        alerts.record(AlertKind.FAILED_REFUND, refund.id, what)


def update_refunded(payment: Payment) -> None:
    """Update the refunded sum and the status of a locked payment from its refunds."""
    succeeded = (refund.amount_minor for refund in payment.refunds if refund.status is RefundStatus.SUCCEEDED)
    payment.amount_refunded_minor = min(sum(succeeded), payment.amount_minor)
    status = _status_with(payment.amount_refunded_minor, payment.amount_minor)
    if payment.is_paid and payment.status is not status:
        payment.transition_to(status, f"{payment.refunded} refunded")


def _status_with(refunded: int, amount: int) -> Status:
    if refunded == 0:
        return Status.SUCCEEDED
    return Status.REFUNDED if refunded == amount else Status.PARTIALLY_REFUNDED
