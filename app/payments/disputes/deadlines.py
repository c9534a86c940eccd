"""Warnings of the deadlines for evidence."""

from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.payments.disputes import messages
from app.payments.models import Dispute
from app.payments.stripe import disputes as at_stripe


def warn(at: datetime, most: int) -> int:
    """Mail the operator about approaching deadlines. Returns their number."""
    due = db.session.scalars(
        select(Dispute)
        .where(Dispute.warn_at <= at)
        .order_by(Dispute.warn_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for dispute in due:
        if dispute.due_by and dispute.due_by > at:  # after an outage it may have passed
            page = at_stripe.page(dispute.payment.stripe_payment_intent_id)
            messages.deadline(dispute, at, page)
        dispute.told_deadline_at = at
        dispute.plan_warning()
    return len(due)
