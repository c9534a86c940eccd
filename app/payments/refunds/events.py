"""Handlers of Stripe's refund events: refunds made here, in the dashboard, or by another deployment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db
from app.money.money import Money
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
from app.payments.models import Payment, Refund
from app.payments.refunds import refunds
from app.payments.status import RefundCause, RefundStatus
from app.payments.stripe import deployment


def on_event(refund: StripeObject, at: datetime) -> Outcome:
    """Handle a refund's event. A refund that was not made here gets a row."""
    if other := of_another_deployment(refund):
        return f"it belongs to another deployment: {other[:40]}"
    ours = _ours(refund) or _made_elsewhere(refund)
    if ours is None:
        return "no payment of ours"
    status, stripe_id = refund_status(refund), required(refund, "id", str)
    is_known = ours.stripe_refund_id == stripe_id and ours.status is status
    if not is_known and _money(refund) != ours.money:
        raise Mismatch(f"refund {ours.id}: Stripe says {_money(refund)}, our books say {ours.money}")
    return refunds.apply(ours.id, stripe_id, status, text_or_none(refund, "failure_reason"), at)


def of_another_deployment(refund: StripeObject) -> str | None:
    """The other deployment to which a refund belongs; None if we must record it.

    We must also record a refund of our payment by another deployment, such as a copy of our database.
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


def claimed_id(refund: dict[str, Any]) -> UUID | None:
    """The id of our row in the refund's metadata."""
    try:
        return UUID(str(metadata_of(refund).get("refund_id")))
    except ValueError:
        return None


def _money(refund: dict[str, Any]) -> Money:
    return Money(required(refund, "amount", int), required(refund, "currency", str).upper())


def is_for(row: Refund, refund: StripeObject) -> bool:
    """Whether the refund at Stripe was made for this row, whose id it carries.

    A copy of our database has the same rows and may submit each again.
    """
    is_of_row = row.stripe_refund_id in {None, refund.get("id")}
    return is_of_row or deployment.claimed_by_another(refund) is None


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
    """Raises Mismatch for a refund in another currency than its payment's."""
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
    refund_status(refund)  # before its row exists
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
    """The payment of its intent; None without an intent, as none of our payments."""
    intent_id = reference_id(refund.get("payment_intent"))
    by_intent = select(Payment.id).where(Payment.stripe_payment_intent_id == intent_id)
    payment_id = db.session.scalar(by_intent) if intent_id else None
    return Payment.locked(payment_id) if payment_id else None


HANDLERS: dict[str, Handler] = {
    "refund.created": on_event,
    "refund.updated": on_event,
    "refund.failed": on_event,
}
