"""Matches Stripe's objects with our payments, and checks that they agree."""

from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from app.config.settings import current_settings
from app.extensions import db
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import Mismatch, ReportedPayment
from app.payments.models import Payment
from app.payments.status import Status
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames


def locked(reported: ReportedPayment) -> Payment | None:
    """Our payment, locked, with Stripe's ids stored."""
    by_our_id = Payment.locked(reported.payment_id) if reported.payment_id else None
    payment = by_our_id or _locked_by_stripes_ids(reported)
    if payment:
        if reported.intent_id and not payment.stripe_payment_intent_id:
            _requeue_ignored_events(reported.intent_id)
            payment.stripe_payment_intent_id = reported.intent_id
        payment.stripe_session_id = payment.stripe_session_id or reported.session_id
    return payment


def status_if_agreed(reported: ReportedPayment) -> Status | None:
    """The status of our payment if it has the reported ids and amount, read without a lock; else None.

    These do not change once they are set, and a paid payment stays paid.
    """
    if reported.livemode is not current_settings().livemode:
        return None
    row = db.session.execute(_RECORDED, {"payment": reported.payment_id}).one_or_none()
    if row is None or not _agrees(row, reported):
        return None
    status: Status = row.status
    return status


_PAYMENTS = Payment.metadata.tables[Payment.__tablename__]
_RECORDED = select(
    _PAYMENTS.c.status,
    _PAYMENTS.c.stripe_session_id,
    _PAYMENTS.c.stripe_payment_intent_id,
    _PAYMENTS.c.amount_minor,
    _PAYMENTS.c.currency,
).where(_PAYMENTS.c.id == bindparam("payment"))


def _agrees(row: Row[*tuple[Any, ...]], reported: ReportedPayment) -> bool:
    """Compared here and not in SQL: PostgreSQL refuses some texts and numbers that an event can hold."""
    return (
        reported.intent_id == row.stripe_payment_intent_id is not None
        and reported.session_id in {None, row.stripe_session_id}
        and reported.amount is not None
        and (reported.amount.amount, reported.amount.currency) == (row.amount_minor, row.currency)
    )


def _locked_by_stripes_ids(reported: ReportedPayment) -> Payment | None:
    known = [
        column == value
        for column, value in (
            (Payment.stripe_session_id, reported.session_id),
            (Payment.stripe_payment_intent_id, reported.intent_id),
        )
        if value
    ]
    payment_id = db.session.scalar(select(Payment.id).where(or_(*known))) if known else None
    return Payment.locked(payment_id) if payment_id else None


def _requeue_ignored_events(payment_intent_id: str) -> None:
    """Enqueue events that were ignored because their payment was not known yet, such as a refund's."""
    for event_id in StripeEvent.requeue_ignored(payment_intent_id):
        after_commit(TaskNames.PROCESS_RECORDED_EVENT, event_id)


def check(payment: Payment, reported: ReportedPayment) -> None:
    """Raises Mismatch if amount, mode or ids differ from our books."""
    livemode = current_settings().livemode
    if reported.livemode is not livemode:
        raise Mismatch(
            f"payment {payment.id}: Stripe says livemode {reported.livemode}, our key is for {livemode}"
        )
    names = [
        ("payment", reported.payment_id, payment.id),
        ("session", reported.session_id, payment.stripe_session_id),
        ("intent", reported.intent_id, payment.stripe_payment_intent_id),
    ]
    for name, theirs, ours in names:
        if theirs not in {None, ours}:
            raise Mismatch(f"payment {payment.id}: Stripe says {name} {theirs}, our books say {ours}")
    if reported.amount != payment.price:
        raise Mismatch(f"payment {payment.id}: Stripe says {reported.amount}, our books say {payment.price}")
