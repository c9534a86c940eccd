"""Submission of recorded refunds to Stripe."""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from app import alerts
from app.alerts import AlertKind
from app.extensions import db, now
from app.payments.events.payloads import Mismatch
from app.payments.models import Dispute, Payment, Refund
from app.payments.refunds import events as refund_events
from app.payments.refunds import refunds
from app.payments.status import RefundStatus
from app.payments.stripe import client as stripe_client
from app.payments.stripe import deployment
from app.payments.stripe import refunds as at_stripe
from app.queue.backoff import RetryPolicy
from app.queue.sweeps import DueRows

log = logging.getLogger(__name__)

RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1))
"""A refund is retried until Stripe answers."""
ALERT_AFTER = 12
"""The number of attempts after which the operator gets an alert, 34 to 68 minutes after the first."""
LEASE = timedelta(minutes=2)
"""How long a claim lasts. Then another worker may submit it, under the same idempotency key."""


def issue(refund_id: UUID) -> timedelta | None:
    """Submit a refund that is due. Returns the pause before a retry, or None.

    While a dispute holds the money it is not due: the end of the dispute submits it.
    Commits twice, because no transaction is open during the call. The row's id is the idempotency key, so a
    refund that a killed worker left is completed once.
    """
    refund = _claim(refund_id)
    db.session.commit()
    if refund is None:
        return None
    order = _order(refund)
    db.session.commit()
    try:
        # Stripe may have made the refund although the answer failed, and forgets keys after a day: look for a
        # refund that was submitted before
        was_tried = refund.stripe_failures or refund.attempts > 1
        found = at_stripe.find(refund.id, order.payment_intent_id) if was_tried else None
        answer = found or at_stripe.make(order)
    except stripe_client.StripeAway as error:
        refund.stripe_failures += isinstance(error, stripe_client.StripeBroke)
        return _postpone(refund, error.detail)
    except stripe_client.StripeRefused as error:
        return _refused(refund, order, error)
    refunds.apply(refund.id, answer.id, answer.status, answer.failure_reason)
    db.session.commit()
    return None


def _refused(
    refund: Refund, order: at_stripe.RefundOrder, error: stripe_client.StripeRefused
) -> timedelta | None:
    """Handle a refused refund. Returns the pause before a retry, or None."""
    refund.stripe_failures += 1  # Stripe would repeat the refusal under the same idempotency key
    refusal = at_stripe.Refusal.of(error)
    if refusal is at_stripe.Refusal.OVERTAKEN:
        return _ask_for_what_is_left(refund, order, error)
    if refusal is at_stripe.Refusal.DISPUTED and not refund.payment.given_back_minor:
        return _postpone(refund, str(error))  # the dispute's own event is on its way
    if refusal is at_stripe.Refusal.WRONG_KEY:
        log.error("refund %s waits for the Stripe key with which its payment was made: %s", refund.id, error)
        return _postpone(refund, str(error))
    if order.from_coach and refusal in {at_stripe.Refusal.FINAL, at_stripe.Refusal.NO_BALANCE}:
        # whatever is wrong with the coach's account: the client gets the money, and the coach owes us
        log.warning("refund %s is not reversed at the coach's account: %s", refund.id, error)
        refund.from_ours = True
        return _postpone(refund, str(error))
    if refusal is at_stripe.Refusal.NO_BALANCE:
        what = f"Refund {refund.id} of {refund.money} waits for balance at Stripe: {error}"
        alerts.record(AlertKind.UNFUNDED_REFUND, refund.id, what)
        return _postpone(refund, str(error))
    refunds.apply(refund.id, None, RefundStatus.FAILED, error.code or str(error))
    db.session.commit()
    return None


def _ask_for_what_is_left(
    refund: Refund, order: at_stripe.RefundOrder, error: stripe_client.StripeRefused
) -> timedelta | None:
    """Part of the money was refunded elsewhere, as in Stripe's dashboard: fetch it and submit the rest."""
    db.session.commit()  # no transaction is open during the call to Stripe
    try:
        made = at_stripe.of_payment(order.payment_intent_id)
    except (stripe_client.StripeAway, stripe_client.StripeRefused):
        return _postpone(refund, str(error))
    try:
        for each in made:
            refund_events.on_event(each, now())
    except Mismatch as mismatch:  # an alert follows, as for any late refund
        db.session.rollback()
        return _postpone(refund, f"{error} {mismatch}")
    left = refunds.reduce_to_what_is_left(refund.id)
    if left.amount == 0:
        refunds.apply(refund.id, None, RefundStatus.FAILED, refunds.RETURNED_ALREADY)
    elif refund.is_owed:
        return _postpone(refund, str(error))
    db.session.commit()
    return None


def _order(refund: Refund) -> at_stripe.RefundOrder:
    payment = refund.payment
    sent_on = payment.stripe_destination_id is not None and not refund.from_ours
    return at_stripe.RefundOrder(
        deployment_id=deployment.current_id(),
        refund_id=refund.id,
        payment_intent_id=payment.stripe_payment_intent_id or "",
        amount=refund.money,
        failures=refund.stripe_failures,
        reason=refund.stripe_reason,
        instructions_email=_instructions_email(payment),
        from_coach=sent_on,
        with_commission=sent_on and payment.commission_minor > 0,
    )


def _instructions_email(payment: Payment) -> str | None:
    """The client's address for methods whose payer must give details; None for an erased account."""
    wanted = at_stripe.asks_the_payer(payment.method) and not payment.client.is_erased
    return payment.client.email if wanted else None


def _claim(refund_id: UUID) -> Refund | None:
    at = now()
    return db.session.scalar(
        update(Refund)
        .where(Refund.id == refund_id, Refund.status == RefundStatus.PENDING)
        .where(Refund.stripe_refund_id.is_(None), Refund.due_at <= at, ~Dispute.holding(Refund.payment_id))
        .values(attempts=Refund.attempts + 1, due_at=at + LEASE, lease_expires_at=at + LEASE)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )


def _postpone(refund: Refund, error: str) -> timedelta:
    """The pause before the next attempt. A refund is never given up; after many attempts an alert follows."""
    wait = RETRIES.delay(refund.attempts)
    refund.last_error, refund.due_at, refund.lease_expires_at = error, now() + wait, None
    if refund.attempts == ALERT_AFTER:
        what = f"Refund {refund.id} of {refund.money} was tried {refund.attempts} times: {error}"
        alerts.record(AlertKind.LATE_REFUND, refund.id, what)
    db.session.commit()
    return wait


DUE = DueRows(
    Refund.id,
    Refund.due_at,
    (
        Refund.status == RefundStatus.PENDING,
        Refund.stripe_refund_id.is_(None),
        ~Dispute.holding(Refund.payment_id),
    ),
)
"""Refunds that are due: not submitted, or without an answer."""
