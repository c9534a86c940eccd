"""The refunds of a charge: Stripe says by `charge.refunded` how much went back, and not by which refunds.

Each refund has events of its own. This finds those whose events were lost, before reconciliation does.
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
    """The minor units of a payment that went back or are on their way, by refunds that Stripe has named."""
    return sum(
        refund.amount_minor
        for refund in payment.refunds
        if refund.stripe_refund_id and refund.status not in NOT_REFUNDED
    )


def look_up(payment_id: UUID) -> None:
    """Ask Stripe for all refunds of a payment and apply each, as its own event would. Raises StripeAway.

    Commits after each; no transaction is open while Stripe is asked.
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
    for refund in reversed(made):  # as they came to be
        try:
            refund_events.on_event(refund, now())
            db.session.commit()
        except Mismatch as error:  # reconciliation lists it for the operator
            db.session.rollback()
            log.warning("payment %s: %s", payment_id, error)
