"""Money that goes back: the row, the call to Stripe, and what Stripe says of it later."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.bookings.lifecycle import booking_cancelled
from app.bookings.models import Booking
from app.emails import messages
from app.extensions import db, now
from app.jobs import after_commit
from app.money import Money
from app.payments import gateway
from app.payments.models import Payment, Refund
from app.payments.status import NOT_REFUNDED, RefundStatus, Status
from app.payments.stripe_events import EventStatus, StripeEvent
from app.retries import MOST_ATTEMPTS, pause

log = logging.getLogger(__name__)

RETURNED_ALREADY = "charge_already_refunded"
"""Stripe's code where somebody was faster, in its dashboard: nobody is owed anything."""
LEASE = timedelta(minutes=2)
"""How long a worker has for its call; then another may make it, under the same idempotency key."""


def request(payment: Payment, amount: Money, reason: str, booking: Booking) -> Refund:
    """Put a refund of a booking's share on record; a job asks Stripe for it once this is committed.

    The payment must be locked.
    """
    refund = Refund(
        payment=payment,
        booking_id=booking.id,
        amount_minor=amount.amount,
        currency=amount.currency,
        reason=reason,
    )
    db.session.add(refund)
    db.session.flush()
    after_commit("payments.issue_refund", str(refund.id))
    return refund


@booking_cancelled.connect
def _follow_cancellation(booking: Booking, refund: Money) -> None:
    """In the transaction that cancels: what the policy says goes back, and an open page is closed."""
    payment = Payment.locked(booking.payment_id) if booking.payment_id else None
    if payment is None:
        return
    if not payment.is_paid:
        _close(payment, booking)
    elif amount := min(refund.amount, payment.left_of(booking).amount):  # some may have gone back by hand
        request(payment, Money(amount, payment.currency), "the booking was cancelled", booking)


def _close(payment: Payment, cancelled: Booking) -> None:
    """Nobody shall pay for what is off; the rest of a series stays held, and waits for another payment."""
    for booking in payment.waiting:
        if booking is not cancelled:
            booking.payment_id = None
    after_commit("payments.close_session", str(payment.id))


def issue(refund_id: UUID) -> timedelta | None:
    """Ask Stripe for a refund that is due; the pause before another try when that is wanted.

    Commits twice, as no transaction is open while Stripe is asked. The row's id is the idempotency key: what
    a killed worker left is finished by the next, once.
    """
    refund = _claim(refund_id)
    db.session.commit()
    if refund is None:
        return None
    intent_id = refund.payment.stripe_payment_intent_id or ""
    db.session.commit()
    try:
        # Stripe may have made the refund and broken while it answered: look before asking under a new key.
        found = gateway.find_refund(refund.id, intent_id) if refund.stripe_failures else None
        answer = found or gateway.refund(refund.id, intent_id, refund.money, refund.stripe_failures)
    except gateway.StripeAway as error:
        refund.stripe_failures += isinstance(error, gateway.StripeBroke)
        return _postpone(refund, error.detail)
    except gateway.StripeRefused as error:
        _apply(refund.id, None, RefundStatus.FAILED, error.code or str(error))
    else:
        _apply(refund.id, answer.id, RefundStatus(answer.status), answer.failure_reason)
    db.session.commit()
    return None


def _claim(refund_id: UUID) -> Refund | None:
    at = now()
    return db.session.scalar(
        update(Refund)
        .where(Refund.id == refund_id, Refund.status == RefundStatus.PENDING)
        .where(Refund.stripe_refund_id.is_(None), Refund.due_at <= at)
        .values(attempts=Refund.attempts + 1, due_at=at + LEASE)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )


def _postpone(refund: Refund, error: str) -> timedelta:
    """A refund is owed and never given up; after many tries an operator hears of it."""
    wait = pause(refund.attempts)
    refund.last_error, refund.due_at = error, now() + wait
    if refund.attempts == MOST_ATTEMPTS:
        messages.needs_attention(
            f"refund:{refund.id}",
            f"Refund {refund.id} of {refund.money} was tried {refund.attempts} times: {error}",
            "Look at Stripe's status page and at STRIPE_SECRET_KEY; it goes on being tried every hour.",
        )
    db.session.commit()
    return wait


def forgotten(most: int) -> Sequence[UUID]:
    """Refunds that are due and that Stripe was not asked for, or did not answer about."""
    query = select(Refund.id).where(
        Refund.status == RefundStatus.PENDING, Refund.stripe_refund_id.is_(None), Refund.due_at <= now()
    )
    return db.session.scalars(query.order_by(Refund.due_at).limit(most)).all()


def told(refund: dict[str, Any]) -> str | None:
    """Stripe says how a refund stands; one that was made in its dashboard gets its row here."""
    ours = _ours(refund) or _made_elsewhere(refund)
    if ours is None:
        return "no payment of ours"
    status = RefundStatus(refund["status"])
    if ours.stripe_refund_id == refund["id"] and ours.status is status:
        return f"the refund is {status} already"
    _apply(ours.id, refund["id"], status, refund.get("failure_reason"))
    return None


def wake_told(payment_intent_id: str) -> None:
    """Refunds told before their payment was known to be ours were ignored: their events are applied now."""
    woken = db.session.scalars(
        update(StripeEvent)
        .where(StripeEvent.status == EventStatus.IGNORED, StripeEvent.type.like("refund.%"))
        .where(StripeEvent.payment_intent_id == payment_intent_id)
        .values(status=EventStatus.RECEIVED, due_at=now(), attempts=0)
        .returning(StripeEvent.id)
    )
    for event_id in woken:
        after_commit("payments.apply_event", event_id)


def _ours(refund: dict[str, Any]) -> Refund | None:
    try:
        by_metadata = db.session.get(Refund, UUID(str((refund.get("metadata") or {}).get("refund_id"))))
    except ValueError:
        by_metadata = None
    return by_metadata or db.session.scalar(select(Refund).where(Refund.stripe_refund_id == refund["id"]))


def _made_elsewhere(refund: dict[str, Any]) -> Refund | None:
    intent_id = refund.get("payment_intent")
    if not intent_id:
        return None
    payment_id = db.session.scalar(select(Payment.id).where(Payment.stripe_payment_intent_id == intent_id))
    payment = Payment.locked(payment_id) if payment_id else None
    if payment is None or refund["currency"].upper() != payment.currency:
        return None
    again = db.session.scalar(select(Refund).where(Refund.stripe_refund_id == refund["id"]))
    if again:
        return again
    made = Refund(
        payment=payment,
        booking_id=payment.lines[0].booking_id if len(payment.lines) == 1 else None,
        amount_minor=refund["amount"],
        currency=payment.currency,
        reason="made in Stripe's dashboard",
        stripe_refund_id=refund["id"],
        status=RefundStatus.PENDING,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _apply(refund_id: UUID, stripe_id: str | None, status: RefundStatus, failure_reason: str | None) -> None:
    """Write down how a refund stands and what it makes of its payment. A failed one never comes back."""
    payment_id = db.session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    payment = Payment.locked(payment_id) if payment_id else None
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    refund.stripe_refund_id = refund.stripe_refund_id or stripe_id
    late_news = refund.status is RefundStatus.SUCCEEDED and status in {
        RefundStatus.PENDING,
        RefundStatus.REQUIRES_ACTION,
    }
    if refund.status in NOT_REFUNDED or late_news or payment is None:
        return
    refund.status, refund.failure_reason, refund.last_error = status, failure_reason, None
    db.session.flush()
    total(payment)
    if status in NOT_REFUNDED and failure_reason != RETURNED_ALREADY:
        messages.needs_attention(
            f"refund:{refund.id}:failed",
            f"Refund {refund.id} of {refund.money} {status}: {failure_reason or 'no reason given'}",
            f"The client is owed this money. Pay it back another way and note it on payment {payment.id}.",
        )


def total(payment: Payment) -> None:
    """Bring a locked payment's sum and status in line with its refunds."""
    db.session.refresh(payment, ["refunds"])
    succeeded = (refund.amount_minor for refund in payment.refunds if refund.status is RefundStatus.SUCCEEDED)
    payment.amount_refunded_minor = min(sum(succeeded), payment.amount_minor)
    status = _status_with(payment.amount_refunded_minor, payment.amount_minor)
    if payment.is_paid and payment.status is not status:
        payment.move_to(status, f"{payment.refunded} refunded")


def _status_with(refunded: int, amount: int) -> Status:
    if refunded == 0:
        return Status.SUCCEEDED
    return Status.REFUNDED if refunded == amount else Status.PARTIALLY_REFUNDED


APPLY: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "refund.created": told,
    "refund.updated": told,
    "refund.failed": told,
}
