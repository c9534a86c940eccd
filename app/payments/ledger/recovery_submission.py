"""Submission of recoveries to Stripe."""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from app import alerts
from app.alerts import AlertKind
from app.extensions import db, now
from app.money.money import Money
from app.payments.ledger import posting, recoveries, stripe_fees
from app.payments.ledger.recovery_models import Recovery, RecoveryKind, RecoveryStatus
from app.payments.models import Payment
from app.payments.stripe import balance as balances
from app.payments.stripe import client as stripe_client
from app.payments.stripe import deployment
from app.payments.stripe import transfers as at_stripe
from app.queue.backoff import RetryPolicy
from app.queue.sweeps import DueRows

log = logging.getLogger(__name__)

RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1))
"""A recovery is retried until Stripe answers."""
ALERT_AFTER = 12
"""The number of attempts after which the operator gets an alert, 34 to 68 minutes after the first."""
LEASE = timedelta(minutes=2)
"""How long a claim lasts. Then another worker may submit it, under the same idempotency key."""
_GONE = frozenset({"resource_missing", stripe_client.NOT_CONNECTED})


def recover(recovery_id: UUID) -> timedelta | None:
    """Submit a recovery that is due. Returns the pause before a retry, or None.

    Commits several times, because no transaction is open during calls. The row's id is the idempotency key,
    so a recovery that a killed worker left is completed once.
    """
    recovery = _claim(recovery_id)
    db.session.commit()
    if recovery is None:
        return None
    order = at_stripe.RecoveryOrder(deployment.current_id(), recovery.id, recovery.stripe_failures)
    try:
        if recovery.kind is RecoveryKind.REVERSAL:
            _take_back(recovery, order)
        else:
            _send_again(recovery, order)
    except stripe_client.StripeAway as error:
        return _postpone(recovery_id, error.detail, broke=isinstance(error, stripe_client.StripeBroke))
    except stripe_client.StripeRefused as error:
        if error.code in _GONE:
            _end(recovery_id, RecoveryStatus.FAILED, None, str(error))
            return None
        return _postpone(recovery_id, str(error), broke=True)
    return None


def _take_back(recovery: Recovery, order: at_stripe.RecoveryOrder) -> None:
    payment = recovery.dispute.payment
    intent_id, again = payment.stripe_payment_intent_id or "", recoveries.sent_again(payment.id)
    is_wanted, was_tried = recoveries.is_wanted(recovery), recovery.attempts > 1
    db.session.commit()
    sent = at_stripe.of_payment(intent_id, again)
    made = at_stripe.find_reversal(order, sent) if was_tried else None
    if made is None and not is_wanted:
        _end(recovery.id, RecoveryStatus.CANCELED, None)
        return
    # the latest transfer is with the coach; of the first transfer, this share
    found = next((each for each in sent if each.left), None)
    amount = found.part(recovery.share_minor) if found else 0
    if made is None and found and amount:
        made = at_stripe.reverse(order, found, amount)
    _end(recovery.id, RecoveryStatus.SUCCEEDED, made)


def _send_again(recovery: Recovery, order: at_stripe.RecoveryOrder) -> None:
    payment = recovery.dispute.payment
    intent_id, again = payment.stripe_payment_intent_id or "", recoveries.sent_again(payment.id)
    is_wanted, was_tried = recoveries.is_wanted(recovery), recovery.attempts > 1
    db.session.commit()
    made, sent = (at_stripe.find_transfer(order) if was_tried else None), 0
    if made is None and not is_wanted:
        _end(recovery.id, RecoveryStatus.CANCELED, None)
        return
    if made is None:
        amount = _to_send(recovery, balances.sent_on(intent_id, again))
        if amount.amount:
            made = at_stripe.send(order, amount, payment.stripe_destination_id or "")
            sent = amount.amount
    _end(recovery.id, RecoveryStatus.SUCCEEDED, made, sent=sent)


def _to_send(recovery: Recovery, sent_on: Money | None) -> Money:
    """The amount of the payment that the coach has not received in any way. Commits."""
    payment = Payment.locked(recovery.dispute.payment_id)
    assert payment
    if sent_on:
        payment.sent_on_minor = sent_on.amount
    posting.post(payment)
    owed = posting.owed(payment.coach_id)[payment.currency]
    amount = max(0, min(posting.left_of(payment), owed, recovery.share_minor))
    db.session.commit()
    return Money(amount, payment.currency)


def _end(
    recovery_id: UUID,
    status: RecoveryStatus,
    stripe_id: str | None,
    error: str | None = None,
    sent: int = 0,
) -> None:
    """Record the outcome, and the next recovery of the dispute. Commits."""
    recovery = locked(recovery_id)
    recovery.lease_expires_at = None
    if recovery.status is RecoveryStatus.PENDING:
        recovery.status, recovery.stripe_id, recovery.last_error = status, stripe_id, error
        if status is RecoveryStatus.FAILED:
            what = f"{_name(recovery)} cannot be made: {error}"
            alerts.record(AlertKind.RECOVERY, recovery.id, what)
        payment = recovery.dispute.payment
        payment.sent_on_minor = (payment.sent_on_minor or 0) + sent  # until all of it is submitted
        posting.post(payment)
        stripe_fees.recheck_transfer(payment)
        recoveries.follow(recovery.dispute)
    db.session.commit()


def _postpone(recovery_id: UUID, error: str, broke: bool) -> timedelta:
    """The pause before the next attempt. The coach owes the amount; after many attempts an alert follows."""
    recovery = locked(recovery_id)
    log.warning("recovery %s waits: %s", recovery_id, error)
    wait = RETRIES.delay(recovery.attempts)
    recovery.stripe_failures += broke
    recovery.last_error, recovery.due_at, recovery.lease_expires_at = error, now() + wait, None
    if recovery.attempts == ALERT_AFTER:
        what = f"{_name(recovery)} was tried {recovery.attempts} times: {error}"
        alerts.record(AlertKind.RECOVERY, recovery.id, what)
    db.session.commit()
    return wait


def _name(recovery: Recovery) -> str:
    what = "Taking back" if recovery.kind is RecoveryKind.REVERSAL else "Sending again"
    dispute = recovery.dispute
    return f"{what} {recovery.share} of payment {dispute.payment_id}, whose dispute was {dispute.status},"


def _claim(recovery_id: UUID) -> Recovery | None:
    at = now()
    return db.session.scalar(
        update(Recovery)
        .where(Recovery.id == recovery_id, Recovery.status == RecoveryStatus.PENDING, Recovery.due_at <= at)
        .values(attempts=Recovery.attempts + 1, due_at=at + LEASE, lease_expires_at=at + LEASE)
        .returning(Recovery)
        .execution_options(populate_existing=True)
    )


def locked(recovery_id: UUID) -> Recovery:
    """The recovery with its payment, whose locks come first."""
    recovery = db.session.get_one(Recovery, recovery_id)
    Payment.locked(recovery.dispute.payment_id)
    db.session.refresh(recovery)
    return recovery


DUE = DueRows(Recovery.id, Recovery.due_at, (Recovery.status == RecoveryStatus.PENDING,))
"""Recoveries that are due: not submitted, or without an answer."""
