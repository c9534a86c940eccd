"""Manual refunds by a coach or an admin."""

from decimal import Decimal
from uuid import UUID

from app import audit
from app.accounts.models import Account, Role
from app.bookings.models import Booking
from app.http.problems import Faults, Forbidden, Invalid, NotFound, Problem
from app.money.money import BadAmount, Money
from app.payments import access
from app.payments.models import Payment, Refund
from app.payments.refunds import refunds
from app.payments.refunds.schemas import RefundRequest
from app.payments.status import NOT_REFUNDED, RefundCause, RefundReason

MAX_PARTS = 5
"""The most manual refunds of one session: each is a call to Stripe and a mail to the client."""
FRAUD = ", as fraudulent"
"""In the audit log."""


class NotRefundable(Problem):
    status, slug, title = 409, "not-refundable", "Nothing to refund"
    meaning = "The payment was not made, or all of it was refunded or is being refunded."
    remedy = "Look at `status`, `lines` and `refunds` with `GET /payment/{id}`."


class TooManyParts(Problem):
    status, slug, title = 409, "too-many-refunds", "Too many partial refunds"
    meaning = "The allowed number of partial refunds for this session is used up."
    remedy = "Refund all that is left: leave `amount` out."


def give(account: Account, payment_id: UUID, wish: RefundRequest) -> Refund:
    """Refund one session's share manually: `amount`, or all that is left of it.

    Raises NotFound, Forbidden, NotRefundable, TooManyParts, and Invalid for more than what is left.
    """
    payment = Payment.locked(payment_id)
    account.check_not_erased()
    if payment is None or not access.may_see(account, payment):
        raise NotFound("There is no such payment.")
    if account.id == payment.client_id:
        raise Forbidden("Only the coach or an admin may refund. To get money back, cancel the booking.")
    if wish.fraudulent and account.role is not Role.ADMIN:
        raise Forbidden(
            "Only an admin may mark a payment as fraudulent, because Stripe then blocks the payer."
        )
    if not payment.is_paid:
        raise NotRefundable(f"This payment is {payment.status}: there is nothing to refund.")
    _check(payment, wish)
    booking = _share_meant(payment, wish.booking_id)
    amount = _amount_meant(payment.left_of(booking), wish.amount)
    _check_parts(payment, booking, amount)
    # without the reason, a personal text that must be erasable, unlike this row
    audit.record("refund.give", f"payment:{payment.id}", f"{amount}{FRAUD if wish.fraudulent else ''}")
    said = RefundReason.FRAUDULENT if wish.fraudulent else RefundReason.REQUESTED
    return refunds.request(payment, amount, wish.reason, booking, RefundCause.BY_HAND, stripe_reason=said)


def _check_parts(payment: Payment, booking: Booking, amount: Money) -> None:
    """The last part, which leaves nothing, is always allowed. Raises TooManyParts."""
    given = [
        refund
        for refund in payment.refunds
        if refund.booking_id == booking.id
        and refund.cause is RefundCause.BY_HAND
        and refund.status not in NOT_REFUNDED
    ]
    if len(given) >= MAX_PARTS and amount.amount < payment.left_of(booking).amount:
        raise TooManyParts(f"{len(given)} refunds of this session were given. {TooManyParts.remedy}")


def _check(payment: Payment, wish: RefundRequest) -> None:
    """Check each value by itself. Raises Invalid."""
    faults = Faults()
    with faults.gathered():
        _share_meant(payment, wish.booking_id)
    with faults.gathered():
        _in_currency(wish.amount or Decimal(0), payment.currency)
    faults.check()


def _in_currency(major: Decimal, currency: str) -> Money:
    try:
        return Money.of(major, currency)
    except BadAmount as error:
        raise Invalid("/amount", str(error)) from None


def _share_meant(payment: Payment, booking_id: UUID | None) -> Booking:
    if booking_id is None and len(payment.lines) > 1:
        raise Invalid("/booking_id", "must name the session to refund, because this payment paid for several")
    meant = [booking for booking in payment.bookings if booking_id in {None, booking.id}]
    if not meant:
        raise Invalid("/booking_id", "must be one of the sessions that this payment is for")
    return meant[0]


def _amount_meant(left: Money, major: Decimal | None) -> Money:
    if left.amount == 0:
        raise NotRefundable("All of it was refunded already, or is being refunded.")
    if major is None:
        return left
    amount = _in_currency(major, left.currency)
    if amount.amount > left.amount:
        raise Invalid("/amount", f"must not be more than what is left, {left}")
    return amount
