"""What a cancellation does to the payment: a refund, or the end of an unpaid Checkout session."""

from app.bookings.models import Booking
from app.bookings.refund_protocol import Refunds
from app.extensions import db
from app.money.money import Money
from app.payments.models import Payment
from app.payments.refunds import refunds
from app.payments.status import RefundCause, Status
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames


class CancellationRefunds(Refunds):
    """Implements the protocol `app.bookings.refund_protocol.Refunds`."""

    def refundable(self, booking: Booking) -> Money:
        """The whole price if nothing was paid; otherwise the part without manual refunds."""
        payment = db.session.get(Payment, booking.payment_id) if booking.payment_id else None
        return payment.left_of(booking) if payment else booking.price

    def refund_cancelled(self, booking: Booking, amount: Money) -> str | None:
        """Refund by the policy, or close the open Checkout session.

        Returns the explanation for the client if a dispute decides about the money.
        """
        payment = Payment.locked(booking.payment_id) if booking.payment_id else None
        if payment is None:
            return None
        if not payment.is_paid:
            _close_session(payment, booking)
        elif amount.amount:
            refunds.request(payment, amount, "the booking was cancelled", booking, RefundCause.CANCELLED)
        return _why_disputed(payment) if booking.cancel_refund_percent else None


def _why_disputed(payment: Payment) -> str | None:
    if any(dispute.holds_money for dispute in payment.disputes):
        return "Your bank holds this payment, as it was disputed, and decides where the money goes."
    if payment.given_back_minor:
        return "Your bank has returned the payment to you, as it was disputed."
    return None


def _close_session(payment: Payment, cancelled: Booking) -> None:
    """Close the page of a cancelled booking; the rest of a series is released for another payment.

    A payment that the bank is processing cannot be stopped: the rest waits for it, and the part for the
    cancelled booking will be refunded.
    """
    if payment.status is Status.PROCESSING:
        return
    payment.stop_waiting(apart_from=cancelled)
    after_commit(TaskNames.CLOSE_SESSION, str(payment.id))
