"""Handlers of Stripe's payment events, in any order and number.

Each function takes the object of an event, finds our payment, locks it and changes its status at most once.
It returns why the event is ignored, or None.
"""

from datetime import datetime

from app.bookings import hold_limits, lifecycle
from app.bookings.status import Status as BookingStatus
from app.extensions import now
from app.payments.events.payloads import (
    Handler,
    Mismatch,
    Outcome,
    ReportedPayment,
    StripeObject,
    Unreadable,
    is_returned,
    of_charge,
    of_intent,
    of_session,
    required,
    text_or_none,
)
from app.payments.ledger import posting, stripe_fees
from app.payments.models import Payment
from app.payments.refunds import charge_refunds, refunds
from app.payments.settlement import fulfilment, matching
from app.payments.status import PAID, AttemptStage, Status
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

NOT_OURS = "no payment of ours"
OUTDATED = "a later attempt to pay is known"
OPEN = frozenset({Status.PENDING, Status.FAILED, Status.PROCESSING})
"""Statuses of payments that are not decided yet."""


def session_completed(session: StripeObject, at: datetime) -> Outcome:
    """The payer completed Checkout. `unpaid` means a delayed method, whose result comes later."""
    if session.get("payment_status") == "unpaid":
        return _processing(of_session(session), at)
    return session_paid(session, at)


def session_paid(session: StripeObject, _at: datetime) -> Outcome:
    """A delayed method succeeded. Raises Unreadable unless the session is `paid`."""
    reported = of_session(session)
    if session.get("payment_status") == "paid":
        return _paid(reported)
    if matching.locked(reported) is None:
        return NOT_OURS
    if session.get("payment_status") == "no_payment_required":
        raise Mismatch(f"session {reported.session_id}: Stripe says that nothing was to be paid")
    raise Unreadable(session, "payment_status")


def session_failed(session: StripeObject, _at: datetime) -> Outcome:
    """A delayed method failed, and its session accepts no other: the bookings expire."""
    payment = matching.locked(of_session(session))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    if payment.status is not Status.FAILED:  # its intent failed too, with the reason
        _fail(payment, "async_payment_failed", "The payment did not go through.")
    stripe_fees.expect(payment)  # Stripe charges a fee for a debit that the bank returns
    payment.session_ended_at = now()
    _free(payment)
    return None


def session_expired(session: StripeObject, _at: datetime) -> Outcome:
    """The session expired unpaid: the bookings expire, unless the client has opened another session."""
    payment = matching.locked(of_session(session))
    if payment is None:
        return NOT_OURS
    if payment.is_paid:
        return f"the payment is {payment.status}"
    if payment.status is not Status.EXPIRED:  # its intent's cancellation arrived first
        payment.transition_to(Status.EXPIRED, "the Checkout session expired")
    payment.session_ended_at = now()
    _free(payment)
    return None


def intent_succeeded(intent: StripeObject, _at: datetime) -> Outcome:
    return _paid(of_intent(intent, intent.get("amount_received")))


def intent_failed(intent: StripeObject, at: datetime) -> Outcome:
    """A card was declined; the payer may try another in the same session."""
    payment = matching.locked(of_intent(intent, intent.get("amount")))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    stage = AttemptStage.RETURNED if is_returned(intent) else AttemptStage.DECLINED
    if not payment.advance_attempt(stage, at):
        return OUTDATED
    said = intent.get("last_payment_error")
    error = said if isinstance(said, dict) else {}
    code = text_or_none(error, "decline_code") or text_or_none(error, "code") or "payment_failed"
    _fail(payment, code, text_or_none(error, "message") or "The payment failed.")
    if stage is AttemptStage.RETURNED:  # its session accepts no other method, and has an event of its own
        _free(payment)
    return None


def intent_processing(intent: StripeObject, at: datetime) -> Outcome:
    return _processing(of_intent(intent, intent.get("amount")), at)


def intent_canceled(intent: StripeObject, _at: datetime) -> Outcome:
    payment = matching.locked(of_intent(intent, intent.get("amount")))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    payment.transition_to(Status.EXPIRED, "the payment intent was canceled")
    return None


def charge_updated(charge: StripeObject, _at: datetime) -> Outcome:
    """Store the receipt of a charge, and fetch its fee."""
    payment = matching.locked(of_charge(charge))
    if payment is None:
        return NOT_OURS
    if not required(charge, "paid", bool):
        return "the charge is not paid"
    charge_id = required(charge, "id", str)
    if payment.stripe_charge_id is None:  # earlier events did not know it as ours
        stripe_fees.recheck_transfer(payment)
    payment.stripe_charge_id = charge_id
    payment.receipt_url = text_or_none(charge, "receipt_url") or payment.receipt_url  # a late event has none
    details = charge.get("payment_method_details")
    if isinstance(details, dict):
        payment.method = text_or_none(details, "type") or payment.method
    if charge.get("balance_transaction"):
        stripe_fees.settled(payment)
    return None


def charge_refunded(charge: StripeObject, _at: datetime) -> Outcome:
    """A charge was refunded: fetch its refunds, unless the recorded ones explain the sum."""
    payment = matching.locked(of_charge(charge))
    if payment is None:
        return NOT_OURS
    if charge_refunds.known(payment) >= required(charge, "amount_refunded", int):
        return "each of its refunds is known"
    after_commit(TaskNames.LOOK_UP_REFUNDS, str(payment.id))
    return None


def _paid(reported: ReportedPayment) -> Outcome:
    known = matching.status_if_agreed(reported)
    if known in PAID:  # most payments have two such events, and the later one changes nothing
        return f"the payment is {known} already"
    payment = matching.locked(reported)
    if payment is None:
        return NOT_OURS
    matching.check(payment, reported)
    if payment.is_paid:
        return f"the payment is {payment.status} already"
    payment.transition_to(Status.SUCCEEDED, "paid")
    refunds.update_refunded(payment)  # a refund in Stripe's dashboard may have arrived first
    posting.post(payment)
    stripe_fees.expect(payment)
    stripe_fees.recheck_transfer(payment)
    # also if all of it is refunded by then: a refund cancels no session, whichever event comes first, and a
    # failed refund's money returns to us
    fulfilment.fulfil(payment)
    return None


def _free(payment: Payment) -> None:
    """The payment has failed for good: release its bookings."""
    for booking in payment.waiting:
        lifecycle.expire(booking)


def _processing(reported: ReportedPayment, at: datetime) -> Outcome:
    payment = matching.locked(reported)
    if payment is None:
        return NOT_OURS
    if payment.status not in {Status.PENDING, Status.FAILED}:
        return f"the payment is {payment.status}"
    if payment.session_ended_at:
        return "its session has ended"
    if not payment.advance_attempt(AttemptStage.PROCESSING, at):
        return OUTDATED
    payment.transition_to(Status.PROCESSING, "the bank is at work")
    until = now() + hold_limits.delayed_for(payment.client)
    for booking in payment.bookings:
        # bookings of a series that a cancellation released share in this payment again
        if booking.status is BookingStatus.PENDING and booking.payment_id in {None, payment.id}:
            booking.payment_id = payment.id
            booking.hold_expires_at = min(booking.start, until)
    return None


def _fail(payment: Payment, code: str, message: str) -> None:
    if payment.status is not Status.FAILED:
        payment.transition_to(Status.FAILED, code)
    payment.failure_code, payment.failure_message = code, message


HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": session_completed,
    "checkout.session.async_payment_succeeded": session_paid,
    "checkout.session.async_payment_failed": session_failed,
    "checkout.session.expired": session_expired,
    "payment_intent.succeeded": intent_succeeded,
    "payment_intent.payment_failed": intent_failed,
    "payment_intent.processing": intent_processing,
    "payment_intent.canceled": intent_canceled,
    "charge.updated": charge_updated,
    "charge.refunded": charge_refunded,
}
