"""Opens Checkout sessions, the pages on which clients pay."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.accounts.models import Account
from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.extensions import db, now
from app.http.problems import Problem
from app.payments.checkout import orders
from app.payments.checkout.payable import NotPayable, check_may_be_held, lock_payable
from app.payments.checkout.schemas import CheckoutRequest
from app.payments.models import Payment
from app.payments.payouts import connect
from app.payments.status import Status
from app.payments.stripe import checkout_sessions
from app.payments.stripe import client as stripe_client

REPEATABLE_FOR = timedelta(minutes=4)
"""How long an order may be repeated after a lost answer. Later its expiry is too near for Stripe."""


class CheckoutRefused(Problem):
    status, slug, title = 422, "checkout-refused", "Stripe refused the checkout"
    meaning = "Stripe refuses to open a payment page for this. `detail` has its reason."
    remedy = "Correct what Stripe names, and repeat the request. The time stays held for you."


class NotChargeable(CheckoutRefused):
    """The amount is outside Stripe's limits after conversion into our settlement currency."""

    slug, title = "amount-not-chargeable", "Amount outside Stripe's limits"
    meaning = "The amount is outside Stripe's limits after conversion into our settlement currency."
    remedy = "Book a longer session or more of them at once, or ask the coach for another price."


AMOUNT_REFUSED = frozenset({"amount_too_small", "amount_too_large"})
"""Stripe's codes for a refused amount, independent of the recipient."""


def open_session(client: Account, wish: CheckoutRequest) -> tuple[Payment, bool]:
    """The payment with its open Checkout session, and whether the session is new.

    A repeated request returns the open session; with other URLs it is closed first. Raises NotFound,
    NotPayable, CheckoutRefused, and StripeAway.
    """
    payment = _payment_for(client, wish)
    if payment.stripe_session_id:
        return payment, False
    order = orders.order(payment, wish)
    # the payment is committed before the call to Stripe, and no lock is held during it
    db.session.commit()
    try:
        session = checkout_sessions.open_session(order)
    except checkout_sessions.ClocksDiffer as error:
        _give_up(payment.id, "clocks_differ", str(error.__cause__))
        raise
    except stripe_client.StripeBroke as error:
        _give_up(payment.id, "stripe_error", error.detail)
        raise
    except stripe_client.StripeRefused as error:
        _give_up(payment.id, error.code or "refused", str(error))
        if error.code in AMOUNT_REFUSED:
            raise NotChargeable(f"{error} Nothing was charged. {NotChargeable.remedy}") from error
        if order.destination:
            return _open_not_sent_on(client, wish, order.destination, str(error))
        raise CheckoutRefused(str(error)) from error
    return record(payment.id, session), True


def _open_not_sent_on(
    client: Account, wish: CheckoutRequest, destination: str, why: str
) -> tuple[Payment, bool]:
    """Retry without a transfer if Stripe refuses the coach's account: we then owe the coach."""
    connect.doubt(destination, why)
    db.session.commit()
    try:
        return open_session(client, wish)
    except CheckoutRefused:
        connect.believe(destination)
        db.session.commit()
        raise


def _payment_for(client: Account, wish: CheckoutRequest) -> Payment:
    """The open payment for these bookings and URLs, or a new one, with its locks held."""
    bookings = lock_payable(client, wish)
    payment_id = bookings[0].payment_id
    payment = Payment.locked(payment_id) if payment_id else None
    if payment and payment.status is Status.PROCESSING:
        raise NotPayable("This booking is being paid: the bank has not answered yet.")
    if payment and _is_open(payment):
        if _is_for(payment, bookings, wish):
            return payment
        check_may_be_held(bookings)  # otherwise the client would have no page
        _close(payment)
        return _payment_for(client, wish)  # no lock was held meanwhile: check again
    return orders.new_payment(client, bookings, wish)


def _is_for(payment: Payment, bookings: Sequence[Booking], wish: CheckoutRequest) -> bool:
    """Whether its session has this amount, language and these return URLs."""
    order = {(booking.id, booking.amount_minor) for booking in bookings}
    return order == {(line.booking_id, line.amount_minor) for line in payment.lines} and all(
        getattr(payment, field) == getattr(wish, field) for field in ("success_url", "cancel_url", "locale")
    )


def _is_open(payment: Payment) -> bool:
    """Whether its session can still be paid, or its order be repeated to get the session."""
    if payment.status not in {Status.PENDING, Status.FAILED} or payment.session_ended_at:
        return False
    if payment.session_expires_at <= now() or not payment.takes_another_method:
        return False
    return payment.stripe_session_id is not None or payment.created_at > now() - REPEATABLE_FOR


def _close(payment: Payment) -> None:
    """Close the session at Stripe before another one opens. Raises NotPayable if it was just paid.

    Its bookings are released before the call, because the event of the expired session may arrive before
    the other session opens and must not expire them.
    """
    session_id, payment_id = payment.stripe_session_id, payment.id
    payment.stop_waiting()
    db.session.commit()  # no lock waits for Stripe's answer
    try:
        is_complete = session_id is not None and checkout_sessions.close_session(session_id)
    except stripe_client.StripeAway:
        _wait_again(payment_id)
        raise
    if is_complete:
        _wait_again(payment_id)
        raise NotPayable("This booking is being paid in the session that is open.")
    closed = Payment.locked(payment_id)
    if closed and closed.status in {Status.PENDING, Status.FAILED}:
        closed.transition_to(Status.EXPIRED, "replaced by another session")


def _wait_again(payment_id: UUID) -> None:
    """Keep its session, unless another one was opened meanwhile."""
    payment = Payment.locked(payment_id)
    assert payment is not None, "payments are never deleted"
    payment.wait_again()
    db.session.commit()


def record(payment_id: UUID, session: checkout_sessions.CheckoutSession) -> Payment:
    """Store the session of the payment.

    Raises NotPayable if the bookings no longer wait for it, and StripeAway; the session is closed then.
    """
    payment = Payment.locked(payment_id)
    assert payment is not None, "payments are never deleted"
    if payment.status is Status.EXPIRED or not is_wanted(payment):
        db.session.commit()  # no lock waits for Stripe's answer
        checkout_sessions.close_session(session.id)
        raise NotPayable("The amount to pay has changed; request the page again.")
    payment.stripe_session_id, payment.session_url = session.id, session.url
    return payment


def is_wanted(payment: Payment) -> bool:
    """Whether none of its bookings was cancelled or got another payment during the call."""
    return payment.waiting == payment.bookings and all(
        booking.status is not BookingStatus.CANCELLED for booking in payment.bookings
    )


def _give_up(payment_id: UUID, code: str, message: str) -> None:
    """End a payment without a session, so that a new request starts another one."""
    payment = Payment.locked(payment_id)
    if payment and payment.status is Status.PENDING and payment.stripe_session_id is None:
        payment.transition_to(Status.FAILED, "Stripe opened no session")
        payment.failure_code, payment.failure_message = code, message
        payment.session_expires_at = now()
    db.session.commit()
