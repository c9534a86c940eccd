"""Refunds that a coach or an admin gives."""

from decimal import Decimal
from uuid import UUID

from app import audit
from app.accounts.models import Account
from app.bookings.models import Booking
from app.money import BadAmount, Money
from app.payments import refunds
from app.payments.models import Payment, Refund
from app.payments.schemas import RefundRequest
from app.payments.status import RefundCause
from app.problems import Forbidden, Invalid, NotFound, Problem


class NotRefundable(Problem):
    status, slug = 409, "not-refundable"


def give(account: Account, payment_id: UUID, wish: RefundRequest) -> Refund:
    """A refund that the coach or an admin gives: of one session's share, all that is left of it unless told.

    Raises NotFound, Forbidden, NotRefundable, and Invalid for more than what is left.
    """
    payment = Payment.locked(payment_id)
    account.check_not_erased()
    if payment is None or not payment.concerns(account):
        raise NotFound("There is no such payment.")
    if account.id == payment.client_id:
        raise Forbidden("Only the coach or an admin may refund; cancel the booking to have money back.")
    if not payment.is_paid:
        raise NotRefundable(f"This payment is {payment.status}: there is nothing to give back.")
    booking = _share_meant(payment, wish.booking_id)
    amount = _amount_meant(payment.left_of(booking), wish.amount)
    # Without the reason, which is somebody's words: they go with the account, and this row never does.
    audit.record("refund.give", f"payment:{payment.id}", str(amount))
    return refunds.request(payment, amount, wish.reason, booking, RefundCause.BY_HAND)


def _share_meant(payment: Payment, booking_id: UUID | None) -> Booking:
    if booking_id is None and len(payment.lines) > 1:
        raise Invalid("/booking_id", "must say which session's share goes back, as this paid for several")
    meant = [booking for booking in payment.bookings if booking_id in {None, booking.id}]
    if not meant:
        raise Invalid("/booking_id", "is not one of the sessions that this payment is for")
    return meant[0]


def _amount_meant(left: Money, major: Decimal | None) -> Money:
    if left.amount == 0:
        raise NotRefundable("All of it went back already, or is on its way.")
    if major is None:
        return left
    try:
        amount = Money.of(major, left.currency)
    except BadAmount as error:
        raise Invalid("/amount", str(error)) from None
    if amount.amount > left.amount:
        raise Invalid("/amount", f"is more than what is left, {left}")
    return amount
