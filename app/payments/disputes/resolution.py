"""Resolution of a dispute: what happens to refunds that waited for it."""

from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.extensions import db
from app.money.money import Money
from app.payments.models import Payment, Refund
from app.payments.refunds import refunds
from app.payments.status import NOT_REFUNDED, RefundCause

HAS_IT = "the client has this money by a dispute"


def settle(payment: Payment) -> list[Refund]:
    """Request waiting refunds, or cancel them if the dispute returned the money to the client.

    Returns both. The payment must be locked.
    """
    db.session.refresh(payment, ["refunds", "disputes"])
    owed = [refund for refund in payment.refunds if refund.is_owed]
    made = [each for each in payment.refunds if each.status not in NOT_REFUNDED and each not in owed]
    left = payment.amount_minor - payment.given_back_minor - sum(refund.amount_minor for refund in made)
    called_off = []
    for refund in owed:
        if refund.amount_minor <= left:
            refunds.ask_again(refund)
        else:
            refunds.call_off(refund, HAS_IT)
            called_off.append(refund)
            # the dispute may cover a part of the payment only
            _request(refund, left)
        left -= refund.amount_minor
    return called_off


def restore(payment: Payment) -> None:
    """Restore refunds after a lost dispute was reversed: the client no longer has the money.

    The payment must be locked.
    """
    db.session.refresh(payment, ["refunds", "disputes"])
    called_off = [each for each in payment.refunds if _was_called_off(each)]
    followers = {follower.id for refund in called_off for follower in _followers(refund)}
    for refund in called_off:
        if refund.id not in followers:
            made = sum(each.amount_minor for each in _followers(refund) if each.status not in NOT_REFUNDED)
            _request(refund, min(refund.amount_minor - made, payment.left_of(_booking_of(refund)).amount))
    for booking in payment.bookings:
        if booking.status is BookingStatus.CANCELLED and booking.payment_id == payment.id:
            owed = min(_not_yet_requested(payment, booking), payment.left_of(booking).amount)
            if owed > 0:
                amount, why = Money(owed, payment.currency), "the booking was cancelled"
                refunds.request(payment, amount, why, booking, RefundCause.CANCELLED)


def _was_called_off(refund: Refund) -> bool:
    return refund.stripe_refund_id is None and refund.failure_reason == HAS_IT


def _not_yet_requested(payment: Payment, booking: Booking) -> int:
    """The refund by its policy that was not requested, because the bank had already returned everything."""
    requested = (
        refund.amount_minor
        for refund in payment.refunds
        if refund.booking_id == booking.id
        and refund.cause is RefundCause.CANCELLED
        and not _was_called_off(refund)
    )
    return booking.price.percent(booking.cancel_refund_percent or 0).amount - sum(requested)


def _booking_of(refund: Refund) -> Booking:
    return next(each for each in refund.payment.bookings if each.id == refund.booking_id)


def _followers(refund: Refund) -> list[Refund]:
    """The chain of replacements of a refund, in order."""
    by_followed = {each.follows_id: each for each in refund.payment.refunds}
    chain: list[Refund] = []
    while follower := by_followed.get((chain[-1] if chain else refund).id):
        chain.append(follower)
    return chain


def _request(called_off: Refund, amount: int) -> None:
    """The part of the refund that is still due."""
    if amount > 0:
        refunds.request(
            called_off.payment,
            Money(amount, called_off.currency),
            called_off.reason,
            _booking_of(called_off),
            called_off.cause,
            follows=[called_off, *_followers(called_off)][-1],
        )
