"""What Stripe says of a payment, applied in whatever order it arrives and however often.

Each function takes the object of an event, finds our payment, locks it and moves it at most once. It returns
why there was nothing to do, or None when something was done.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from flask import current_app
from sqlalchemy import or_, select

from app.bookings import lifecycle, reservation
from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.coaches import slots
from app.emails import money_messages
from app.extensions import db, now
from app.money import Money
from app.payments import fees, refunds
from app.payments.models import Payment
from app.payments.status import RefundCause, Status
from app.payments.stripe_objects import Mismatch, StripeObject, Told, of_intent, of_session

Outcome = str | None

NOT_OURS = "no payment of ours"
OPEN = frozenset({Status.PENDING, Status.FAILED, Status.PROCESSING})
"""Payments of which it is not decided yet whether money comes."""


def session_completed(session: StripeObject) -> Outcome:
    """The payer went through Checkout. `unpaid` is no money yet: a delayed method says so later."""
    if session["payment_status"] == "unpaid":
        return _processing(of_session(session))
    return _paid(of_session(session))


def session_paid(session: StripeObject) -> Outcome:
    """A delayed method brought the money."""
    return _paid(of_session(session))


def session_failed(session: StripeObject) -> Outcome:
    """A delayed method brought no money, and its session takes no other: the time is free again."""
    payment = _locked(of_session(session))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    if payment.status is not Status.FAILED:  # its intent failed too, and says why
        _fail(payment, "async_payment_failed", "The payment did not go through.")
    payment.session_ended_at = now()
    _free(payment)
    return None


def session_expired(session: StripeObject) -> Outcome:
    """Nobody paid in time: the time is free again, unless the client has opened another session for it."""
    payment = _locked(of_session(session))
    if payment is None:
        return NOT_OURS
    if payment.is_paid:
        return f"the payment is {payment.status}"
    if payment.status is not Status.EXPIRED:  # its intent was canceled, and that was told first
        payment.move_to(Status.EXPIRED, "the Checkout session expired")
    payment.session_ended_at = now()
    _free(payment)
    return None


def intent_succeeded(intent: StripeObject) -> Outcome:
    return _paid(of_intent(intent, intent["amount_received"]))


def intent_failed(intent: StripeObject) -> Outcome:
    """A card was declined; the payer may try another in the same session."""
    payment = _locked(of_intent(intent, intent["amount"]))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    error = intent.get("last_payment_error") or {}
    code = error.get("decline_code") or error.get("code") or "payment_failed"
    _fail(payment, code, error.get("message") or "The payment failed.")
    return None


def intent_processing(intent: StripeObject) -> Outcome:
    return _processing(of_intent(intent, intent["amount"]))


def intent_canceled(intent: StripeObject) -> Outcome:
    payment = _locked(of_intent(intent, intent["amount"]))
    if payment is None:
        return NOT_OURS
    if payment.status not in OPEN:
        return f"the payment is {payment.status}"
    payment.move_to(Status.EXPIRED, "the payment intent was canceled")
    return None


def charge_updated(charge: StripeObject) -> Outcome:
    """The charge knows its receipt, and a moment later what Stripe kept of it."""
    payment = _locked(of_intent({**charge, "id": charge["payment_intent"]}, charge["amount"]))
    if payment is None:
        return NOT_OURS
    if not charge["paid"]:
        return "the charge is not paid"
    payment.stripe_charge_id, payment.receipt_url = charge["id"], charge.get("receipt_url")
    if charge.get("balance_transaction"):
        fees.settled(payment)
    return None


def _paid(told: Told) -> Outcome:
    payment = _locked(told)
    if payment is None:
        return NOT_OURS
    _check(payment, told)
    if payment.is_paid:
        return f"the payment is {payment.status} already"
    payment.move_to(Status.SUCCEEDED, "paid")
    fees.expect(payment)
    refunds.total(payment)  # one made in Stripe's dashboard may have been told first
    if payment.status is Status.REFUNDED:
        _free(payment)
    else:
        _deliver(payment)
    return None


def _deliver(payment: Payment) -> None:
    """Money was received: each session is confirmed, or its share goes back."""
    _make_room([booking for booking in payment.bookings if booking.status is BookingStatus.EXPIRED])
    confirmed: list[Booking] = []
    refused: defaultdict[str, list[Booking]] = defaultdict(list)
    for booking in payment.bookings:
        if why := _not_confirmed(booking):
            refused[why].append(booking)
        else:
            booking.payment_id = payment.id
            confirmed.append(booking)
    lifecycle.announce(confirmed)
    for why, bookings in refused.items():
        _return(payment, bookings, why)


def _make_room(late: Sequence[Booking]) -> None:
    """Other holds that ran out are in nobody's way, though they are not swept yet."""
    if late:
        busy = [booking.busy for booking in late]
        reservation.expire_stale_holds(late[0].coach, late[0].client, busy, now())


def _not_confirmed(booking: Booking) -> str | None:
    """None once the booking is on; else why its money goes back."""
    if booking.status in {BookingStatus.CONFIRMED, BookingStatus.COMPLETED, BookingStatus.NO_SHOW}:
        return "this session was paid twice, and one payment is enough."
    if booking.status is BookingStatus.CANCELLED:
        return "your payment came after the booking was cancelled."
    if booking.start <= now():
        lifecycle.expire(booking)
        return "your payment came after the session's time."
    try:
        lifecycle.confirm(booking)
    except lifecycle.SlotTaken:
        return "your payment came after the hold had run out, and the time was taken meanwhile."
    return None


def _return(payment: Payment, bookings: Sequence[Booking], why: str) -> None:
    """Some of the money may have gone back from Stripe's dashboard, before we heard that it had come."""
    total = Money(0, payment.currency)
    for booking in bookings:
        if (share := payment.left_of(booking)).amount:
            refunds.request(payment, share, why, booking, RefundCause.RETURNED)
            total += share
    first = bookings[0]
    free = slots.nearest_free(first.coach, first.start, first.duration_minutes, now())
    money_messages.payment_returned(bookings, payment.id, total, why, free)


def _free(payment: Payment) -> None:
    """No money will come by this payment: what waits for it waits no longer."""
    for booking in payment.waiting:
        lifecycle.expire(booking)


def _processing(told: Told) -> Outcome:
    payment = _locked(told)
    if payment is None:
        return NOT_OURS
    if payment.status not in {Status.PENDING, Status.FAILED}:
        return f"the payment is {payment.status}"
    if payment.session_ended_at:
        return "its session has ended"
    payment.move_to(Status.PROCESSING, "the bank is at work")
    for booking in payment.bookings:
        # Of a series, what a cancelling released from this payment shares in it after all.
        if booking.status is BookingStatus.PENDING and booking.payment_id in {None, payment.id}:
            booking.payment_id = payment.id
            booking.hold_expires_at = booking.start  # the money is on its way: keep the time
    return None


def _fail(payment: Payment, code: str, message: str) -> None:
    if payment.status is not Status.FAILED:
        payment.move_to(Status.FAILED, code)
    payment.failure_code, payment.failure_message = code, message


def _check(payment: Payment, told: Told) -> None:
    livemode: bool = current_app.extensions["settings"].livemode
    if told.livemode is not livemode:
        raise Mismatch(
            f"payment {payment.id}: Stripe says livemode {told.livemode}, our key is for {livemode}"
        )
    names = [
        ("payment", told.payment_id, payment.id),
        ("session", told.session_id, payment.stripe_session_id),
        ("intent", told.intent_id, payment.stripe_payment_intent_id),
    ]
    for name, theirs, ours in names:
        if theirs not in {None, ours}:
            raise Mismatch(f"payment {payment.id}: Stripe says {name} {theirs}, our books say {ours}")
    if told.amount != payment.price:
        raise Mismatch(f"payment {payment.id}: Stripe says {told.amount}, our books say {payment.price}")


def _locked(told: Told) -> Payment | None:
    """Our payment, locked, and knowing Stripe's ids from now on."""
    payment_id = told.payment_id and db.session.scalar(
        select(Payment.id).where(Payment.id == told.payment_id)
    )
    if payment_id is None:
        known = [
            column == value
            for column, value in (
                (Payment.stripe_session_id, told.session_id),
                (Payment.stripe_payment_intent_id, told.intent_id),
            )
            if value
        ]
        payment_id = db.session.scalar(select(Payment.id).where(or_(*known))) if known else None
    payment = Payment.locked(payment_id) if payment_id else None
    if payment:
        payment.stripe_session_id = payment.stripe_session_id or told.session_id
        if told.intent_id and not payment.stripe_payment_intent_id:
            payment.stripe_payment_intent_id = told.intent_id
            refunds.wake_told(told.intent_id)
    return payment


APPLY: dict[str, Callable[[StripeObject], Outcome]] = {
    "checkout.session.completed": session_completed,
    "checkout.session.async_payment_succeeded": session_paid,
    "checkout.session.async_payment_failed": session_failed,
    "checkout.session.expired": session_expired,
    "payment_intent.succeeded": intent_succeeded,
    "payment_intent.payment_failed": intent_failed,
    "payment_intent.processing": intent_processing,
    "payment_intent.canceled": intent_canceled,
    "charge.updated": charge_updated,
}
