"""Money that goes back: the row, the call to Stripe, and what Stripe says of it later."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app import alerts
from app.alerts import AlertKind
from app.bookings.models import Booking
from app.extensions import db, now
from app.money.money import Money
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import (
    Handler,
    Mismatch,
    Outcome,
    StripeObject,
    metadata_of,
    reference_id,
    refund_status,
    required,
    text_or_none,
)
from app.payments.ledger import posting, stripe_fees
from app.payments.models import Payment, Refund
from app.payments.refunds import messages
from app.payments.status import NOT_REFUNDED, RefundCause, RefundReason, RefundStatus, Status
from app.payments.stripe import deployment
from app.payments.stripe import refunds as at_stripe
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

log = logging.getLogger(__name__)

RETURNED_ALREADY = at_stripe.ALREADY_REFUNDED
"""Why a refund ended where somebody was faster, as in Stripe's dashboard: nobody is owed anything."""


def request(
    payment: Payment,
    amount: Money,
    reason: str,
    booking: Booking,
    cause: RefundCause,
    follows: Refund | None = None,
    stripe_reason: RefundReason = RefundReason.REQUESTED,
) -> Refund:
    """Put a refund of a booking's share on record; a job asks Stripe for it once this is committed.

    The payment must be locked. `follows` is the refund in whose place this one is made: one without a
    follower.
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
    """What it waited for is over: a job asks Stripe for it once this is committed."""
    refund.due_at = now()
    after_commit(TaskNames.SUBMIT_REFUND, str(refund.id))


def reduce_to_what_is_left(refund_id: UUID) -> Money:
    """Lower a refund that waits to what its payment has left, as some went back another way; what is left."""
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
    """Stripe is not asked for it any more."""
    refund.status, refund.failure_reason = RefundStatus.CANCELED, why


def on_event(refund: StripeObject, at: datetime) -> Outcome:
    """Stripe says how a refund stands; one that was not made here gets its row here."""
    if other := of_another_deployment(refund):
        return f"it is of another deployment: {other[:40]}"
    ours = _ours(refund) or _made_elsewhere(refund)
    if ours is None:
        return "no payment of ours"
    status, stripe_id = refund_status(refund), required(refund, "id", str)
    is_known = ours.stripe_refund_id == stripe_id and ours.status is status
    if not is_known and _money(refund) != ours.money:
        raise Mismatch(f"refund {ours.id}: Stripe says {_money(refund)}, our books say {ours.money}")
    return apply(ours.id, stripe_id, status, text_or_none(refund, "failure_reason"), at)


def of_another_deployment(refund: StripeObject) -> str | None:
    """The id of the other deployment that a refund is of; None if it is for us to book.

    That it is as well where another deployment, such as one on a copy of our database, refunded our payment.
    """
    other = deployment.claimed_by_another(refund)
    intent_id = reference_id(refund.get("payment_intent"))
    if other is None or intent_id is None:
        return other
    payment = select(Payment.id).where(
        Payment.stripe_payment_intent_id == intent_id,
        or_(Payment.deployment_id.is_(None), Payment.deployment_id == deployment.current_id()),
    )
    return None if db.session.scalar(payment) else other


def requeue_ignored_events(payment_intent_id: str) -> None:
    """Apply what was ignored as its payment was not known as ours yet, such as an event of a refund."""
    for event_id in StripeEvent.requeue_ignored(payment_intent_id):
        after_commit(TaskNames.PROCESS_RECORDED_EVENT, event_id)


def claimed_id(refund: dict[str, Any]) -> UUID | None:
    """Which row of ours a refund at Stripe says it was made for."""
    try:
        return UUID(str(metadata_of(refund).get("refund_id")))
    except ValueError:
        return None


def _money(refund: dict[str, Any]) -> Money:
    return Money(required(refund, "amount", int), required(refund, "currency", str).upper())


def is_for(row: Refund, refund: StripeObject) -> bool:
    """Whether a row is the one that a refund at Stripe was made for, whose id it bears.

    A copy of our database has the same rows, and may make each once more.
    """
    made_by_other = deployment.claimed_by_another(refund) is not None
    return not made_by_other or row.stripe_refund_id in {None, refund.get("id")}


def _ours(refund: dict[str, Any]) -> Refund | None:
    if known := _known(refund):
        return known
    row_id = claimed_id(refund)
    by_metadata = db.session.get(Refund, row_id) if row_id else None
    return by_metadata if by_metadata and is_for(by_metadata, refund) else None


def _known(refund: dict[str, Any]) -> Refund | None:
    stripe_id = text_or_none(refund, "id")
    by_stripe = select(Refund).where(Refund.stripe_refund_id == stripe_id)
    return db.session.scalar(by_stripe) if stripe_id else None


def _made_elsewhere(refund: dict[str, Any]) -> Refund | None:
    """Raises Mismatch for one that says another currency than its payment's."""
    payment = _payment_of(refund)
    if payment is None:
        return None
    if again := _known(refund):
        return again
    money = _money(refund)
    if money.currency != payment.currency:
        raise Mismatch(
            f"refund {refund.get('id')} is of {money}, but payment {payment.id} of {payment.price}"
        )
    refund_status(refund)  # before there is a row of it
    made = Refund(
        payment=payment,
        booking_id=payment.lines[0].booking_id if len(payment.lines) == 1 else None,
        amount_minor=money.amount,
        currency=payment.currency,
        reason=_why_elsewhere(refund),
        cause=RefundCause.DASHBOARD,
        status=RefundStatus.PENDING,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _why_elsewhere(refund: StripeObject) -> str:
    other = deployment.claimed_by_another(refund)
    return f"made by another deployment: {other[:40]}" if other else "made in Stripe's dashboard"


def _payment_of(refund: dict[str, Any]) -> Payment | None:
    """None where it names no intent: we take no payment without one."""
    intent_id = reference_id(refund.get("payment_intent"))
    by_intent = select(Payment.id).where(Payment.stripe_payment_intent_id == intent_id)
    payment_id = db.session.scalar(by_intent) if intent_id else None
    return Payment.locked(payment_id) if payment_id else None


def apply(
    refund_id: UUID,
    stripe_id: str | None,
    status: RefundStatus,
    failure_reason: str | None,
    at: datetime | None = None,
) -> Outcome:
    """Write down how a refund stands and what it makes of its payment. One that is over stays so.

    `at` is when Stripe said so, by its own clock; an answer to our asking is news whenever it comes.
    """
    payment_id = db.session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    payment = Payment.locked(payment_id) if payment_id else None
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    is_known = stripe_id is not None and stripe_id == refund.stripe_refund_id
    # One that was called off here may have been made all the same, its answer lost: then Stripe is right.
    # If Stripe refused it meanwhile, nobody is owed it.
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
    """The client hears when a refund is issued and when it fails, the operator when it fails."""
    sessions = [booking for booking in payment.bookings if refund.booking_id in {None, booking.id}]
    if refund.stripe_refund_id and refund.cause is not RefundCause.RETURNED:  # that has a mail of its own
        messages.refund_issued(refund, sessions)
    if refund.status in NOT_REFUNDED and refund.failure_reason != RETURNED_ALREADY:
        messages.refund_failed(refund, sessions)
        why = refund.failure_reason or "no word why"
        what = f"Refund {refund.id} of {refund.money}, for payment {payment.id}, {refund.status}: {why}"
        alerts.record(AlertKind.FAILED_REFUND, refund.id, what)


def update_refunded(payment: Payment) -> None:
    """Bring the refunded sum and the status of a locked payment in line with its refunds."""
    succeeded = (refund.amount_minor for refund in payment.refunds if refund.status is RefundStatus.SUCCEEDED)
    payment.amount_refunded_minor = min(sum(succeeded), payment.amount_minor)
    status = _status_with(payment.amount_refunded_minor, payment.amount_minor)
    if payment.is_paid and payment.status is not status:
        payment.transition_to(status, f"{payment.refunded} refunded")


def _status_with(refunded: int, amount: int) -> Status:
    if refunded == 0:
        return Status.SUCCEEDED
    return Status.REFUNDED if refunded == amount else Status.PARTIALLY_REFUNDED


HANDLERS: dict[str, Handler] = {
    "refund.created": on_event,
    "refund.updated": on_event,
    "refund.failed": on_event,
}
