"""What Stripe keeps of each payment, learned once Stripe has settled it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.extensions import db, now
from app.jobs import after_commit
from app.payments import ledger
from app.payments.gateway import api
from app.payments.gateway import fees as at_stripe
from app.payments.models import Payment
from app.retries import pause_unless_last

log = logging.getLogger(__name__)

SETTLES_WITHIN = timedelta(minutes=1)
"""Stripe says so a moment after the payment; by then its word was lost, and it is asked."""
LEASE = timedelta(minutes=2)
"""How long a worker has for its question; then another may ask it."""
DAILY = timedelta(days=1)
"""The pause once the growing ones are used up: a fee matters to the books only, so nobody is woken."""


def expect(payment: Payment) -> None:
    """It was paid: its fee will be known soon. The payment must be locked."""
    if payment.stripe_payment_intent_id and payment.fee_minor is None and payment.fee_due_at is None:
        payment.fee_due_at = now() + SETTLES_WITHIN


def settled(payment: Payment) -> None:
    """Stripe knows the fee: a job asks for it once this is committed. The payment must be locked."""
    if payment.fee_minor is None:
        payment.fee_due_at = now()
        after_commit("payments.look_up_fee", str(payment.id))


def look_up(payment_id: UUID) -> timedelta | None:
    """Ask Stripe for a fee that is due; the pause before another try when that is wanted.

    Commits twice, as no transaction is open while Stripe is asked.
    """
    claimed = _claim(payment_id)
    db.session.commit()
    if claimed is None:
        return None
    attempts, intent_id = claimed
    try:
        fee = at_stripe.of_intent(intent_id)
    except (api.StripeAway, api.StripeRefused) as error:
        log.warning("payment %s: its fee stays unknown for now: %s", payment_id, error)
        fee = None
    wait = _record(payment_id, fee, attempts)
    db.session.commit()
    return wait


def _claim(payment_id: UUID) -> tuple[int, str] | None:
    at = now()
    row = db.session.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.fee_due_at <= at)
        .values(fee_attempts=Payment.fee_attempts + 1, fee_due_at=at + LEASE)
        .returning(Payment.fee_attempts, Payment.stripe_payment_intent_id)
    ).one_or_none()
    return (row.fee_attempts, row.stripe_payment_intent_id) if row else None


def _record(payment_id: UUID, fee: at_stripe.Fee | None, attempts: int) -> timedelta | None:
    payment = Payment.locked(payment_id)
    if payment is None or payment.fee_minor is not None:
        return None
    if fee is None:
        wait = pause_unless_last(attempts) or DAILY
        payment.fee_due_at = now() + wait
        return wait
    payment.fee_minor, payment.net_minor = fee.fee.amount, fee.net.amount
    payment.fee_currency = fee.fee.currency
    payment.stripe_balance_transaction_id = fee.balance_transaction_id
    payment.fee_due_at = None
    ledger.post(payment)
    return None


def unknown(most: int) -> Sequence[UUID]:
    """Payments whose fee is to be asked for: Stripe's word of it was lost, or is late."""
    query = select(Payment.id).where(Payment.fee_due_at <= now())
    return db.session.scalars(query.order_by(Payment.fee_due_at).limit(most)).all()
