"""Finds refunds whose own events were lost, when `charge.refunded` reports a higher sum.

`charge.refunded` carries the refunded sum but not the refunds. Reconciliation would find them later.
"""

import logging
from uuid import UUID

from app.extensions import db, now
from app.payments.events.payloads import Mismatch
from app.payments.models import Payment
from app.payments.refunds import events as refund_events
from app.payments.status import NOT_REFUNDED
from app.payments.stripe import client as stripe_client
from app.payments.stripe import refunds as at_stripe

log = logging.getLogger(__name__)


def known(payment: Payment) -> int:
    """The refunded and pending minor units of a payment, by refunds that Stripe has named."""
    return sum(
        refund.amount_minor
        for refund in payment.refunds
        if refund.stripe_refund_id and refund.status not in NOT_REFUNDED
    )


def look_up(payment_id: UUID) -> None:
    """Fetch all refunds of a payment from Stripe and apply each like its event. Raises StripeAway.

    Commits after each; no transaction is open during the calls.
    """
    payment = db.session.get(Payment, payment_id)
    intent_id = payment.stripe_payment_intent_id if payment else None
    db.session.commit()
    if intent_id is None:
        return
    try:
        made = at_stripe.of_payment(intent_id)
    except stripe_client.StripeRefused as error:
        log.warning("payment %s: Stripe shows none of its refunds: %s", payment_id, error)
        return
    for refund in reversed(made):  # in order of creation
        try:
            refund_events.on_event(refund, now())
            db.session.commit()
        except Mismatch as error:  # reconciliation lists it for the operator
            db.session.rollback()
            log.warning("payment %s: %s", payment_id, error)
