"""Expiry of holds, without losing a payment that is being made."""

import logging
from uuid import UUID

from app.bookings import lifecycle
from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.extensions import db, now
from app.payments.models import Payment
from app.payments.status import Status
from app.payments.stripe import checkout_sessions
from app.payments.stripe import client as stripe_client

log = logging.getLogger(__name__)


def release(booking_id: UUID) -> None:
    """Close the Checkout session at Stripe, then expire the booking.

    If the session is complete, the booking was paid and its event is on the way: nothing changes. If Stripe
    does not answer, the next sweep retries.
    """
    booking = Booking.locked(booking_id)
    if booking is None or booking.status is not BookingStatus.PENDING or booking.holds(now()):
        return
    payment = Payment.locked(booking.payment_id) if booking.payment_id else None
    if payment is None or payment.status is Status.EXPIRED:
        lifecycle.expire(booking)
        return
    if payment.stripe_session_id is None:
        _release(payment)
        return
    if payment.status is Status.PROCESSING:
        lifecycle.expire(
            booking
        )  # the bank's time is over: a late payment is confirmed if the time is still free
        return
    if payment.is_paid:
        return
    session_id, payment_id = payment.stripe_session_id, payment.id
    db.session.commit()  # no lock is held during the call to Stripe
    if _was_paid(session_id):
        log.info("booking %s: its session is complete, so it is not released", booking_id)
        return
    _close(payment_id)


def close(payment_id: UUID) -> None:
    """Close the payment page of a cancelled booking. If it was paid anyway, its event refunds it."""
    payment = db.session.get_one(Payment, payment_id)
    session_id = payment.stripe_session_id
    db.session.commit()
    if session_id and not payment.is_paid:
        _was_paid(session_id)


def _was_paid(session_id: str) -> bool:
    try:
        return checkout_sessions.close_session(session_id)
    except stripe_client.StripeAway:
        log.warning("Stripe does not answer: session %s stays open until the next sweep", session_id)
        return True


def _close(payment_id: UUID) -> None:
    payment = Payment.locked(payment_id)
    if payment and not payment.is_paid and payment.status is not Status.PROCESSING:
        _release(payment)


def _release(payment: Payment) -> None:
    if payment.status is not Status.EXPIRED:
        payment.transition_to(Status.EXPIRED, "the hold ran out")
    for booking in payment.waiting:
        lifecycle.expire(booking)
