"""Handling of early fraud warnings: Stripe's events, and refunds before a dispute."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app import alerts, audit
from app.alerts import AlertKind
from app.bookings import cancellation
from app.bookings.models import Party
from app.bookings.status import Status as BookingStatus
from app.extensions import db, now
from app.http.problems import NotFound, Problem
from app.payments.disputes import events as dispute_events
from app.payments.events.payloads import Handler, Outcome, StripeObject, instant, required
from app.payments.fraud.models import FraudWarning
from app.payments.models import Payment
from app.payments.refunds import refunds
from app.payments.status import FraudWarningStatus, RefundCause, RefundReason

SAID_TO_THE_TWO = "The payment for this session was returned."
"""The reason for client and coach. It does not mention the warning, which may be wrong."""


class NothingToReturn(Problem):
    status, slug, title = 409, "nothing-to-return", "Nothing is left to refund"
    meaning = "Nothing of this payment can be refunded: it was refunded, is being refunded, or was disputed."
    remedy = (
        "Look at `refunds` and `disputes` with `GET /payment/{id}`. Cancel upcoming sessions with"
        " `POST /booking/{id}/cancel`; answer a dispute with evidence."
    )


def on_event(subject: StripeObject, _at: datetime) -> Outcome:
    """Handle a warning's event, in any order and number.

    `actionable` only changes to false: once the charge is fully refunded or disputed.
    """
    stripe_id, is_actionable = required(subject, "id", str), required(subject, "actionable", bool)
    payment = dispute_events.payment_of(subject)
    if payment is None:
        return "no payment of ours"
    warning = _known(stripe_id)
    if warning is None:
        _opened(payment, subject, is_actionable)
        return None
    if is_actionable or warning.status is not FraudWarningStatus.OPEN:
        return f"the warning is {warning.status} already"
    warning.status = FraudWarningStatus.NOT_ACTIONABLE
    return None


def _known(stripe_id: str) -> FraudWarning | None:
    """The warning, re-read under the lock of its payment."""
    query = select(FraudWarning).where(FraudWarning.stripe_warning_id == stripe_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _opened(payment: Payment, subject: StripeObject, is_actionable: bool) -> None:
    status = FraudWarningStatus.OPEN if is_actionable else FraudWarningStatus.NOT_ACTIONABLE
    warning = FraudWarning(
        payment_id=payment.id,
        stripe_warning_id=subject["id"],
        status=status,
        fraud_type=required(subject, "fraud_type", str),
        warned_at=instant(subject, "created"),
    )
    db.session.add(warning)
    db.session.flush()
    left = _why_nothing_is_left(payment)
    todo = f"nothing is left to refund: {left}" if left else f"{payment.left} can be returned"
    what = f"Fraud warning {warning.id} ({warning.fraud_type}) of payment {payment.id}: {todo}"
    alerts.record(AlertKind.FRAUD_WARNING, warning.id, what)


def _why_nothing_is_left(payment: Payment) -> str | None:
    """Why nothing can be refunded; None if something can."""
    if any(dispute.holds_money or dispute.given_back_minor for dispute in payment.disputes):
        return "the payment was disputed, and its bank decides"
    if not payment.is_paid:
        return f"the payment is {payment.status}"
    if payment.left_minor == 0:
        return "all of it was refunded already, or is being refunded"
    return None


def refund(warning_id: UUID, reason: str) -> FraudWarning:
    """Refund the rest of a payment as fraudulent, and cancel its upcoming sessions. Works once.

    Raises NotFound, NothingToReturn.
    """
    warning = found(warning_id)
    payment = Payment.locked(warning.payment_id)
    assert payment, "payments are never deleted"
    if why := _why_nothing_is_left(payment):
        raise NothingToReturn(f"Nothing is left to refund: {why}.")
    left = payment.left
    _return_all(payment)
    _cancel_what_is_to_come(payment)
    audit.record(
        "fraud_warning.refund", f"payment:{payment.id}", f"{left}: {reason}" if reason else str(left)
    )
    _close_all(payment)
    return warning


def _return_all(payment: Payment) -> None:
    for booking in payment.bookings:
        if (share := payment.left_of(booking)).amount:
            refunds.request(
                payment,
                share,
                SAID_TO_THE_TWO,
                booking,
                RefundCause.BY_HAND,
                stripe_reason=RefundReason.FRAUDULENT,
            )


def _cancel_what_is_to_come(payment: Payment) -> None:
    """Cancel the sessions without a refund, because the rest was refunded before."""
    for booking in payment.bookings:
        is_paid_by_it = booking.payment_id == payment.id
        if is_paid_by_it and booking.status is BookingStatus.CONFIRMED and booking.start > now():
            cancellation.cancel(booking, Party.ADMIN, SAID_TO_THE_TWO)


def _close_all(payment: Payment) -> None:
    """Close the warnings of one payment, and drop their unsent alerts."""
    of_it = select(FraudWarning).where(FraudWarning.payment_id == payment.id)
    for warning in db.session.scalars(of_it.execution_options(populate_existing=True)):
        warning.status = FraudWarningStatus.REFUNDED
        alerts.withdraw(AlertKind.FRAUD_WARNING, warning.id)
    db.session.flush()


def found(warning_id: UUID) -> FraudWarning:
    """Raises NotFound."""
    warning = db.session.get(FraudWarning, warning_id)
    if warning is None:
        raise NotFound("There is no such fraud warning.")
    return warning


def count_open() -> int:
    """Warnings that can still be acted on."""
    is_open = FraudWarning.status == FraudWarningStatus.OPEN
    return db.session.scalar(select(func.count()).select_from(FraudWarning).where(is_open)) or 0


HANDLERS: dict[str, Handler] = {
    "radar.early_fraud_warning.created": on_event,
    "radar.early_fraud_warning.updated": on_event,
}
