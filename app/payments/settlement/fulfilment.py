"""What money that came is for: each session is confirmed, or its share goes back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from app.bookings import lifecycle, reservation, unpaid_holds
from app.bookings.models import Booking
from app.bookings.status import AGREED
from app.bookings.status import Status as BookingStatus
from app.coaches import slots
from app.extensions import now
from app.money.money import Money
from app.payments.models import Payment
from app.payments.refunds import messages, refunds
from app.payments.status import RefundCause, RefundReason

TWICE = "this session was paid twice, and one payment is enough."


def deliver(payment: Payment) -> None:
    """Confirm what a locked payment has paid for, and give back what can no longer be had. Each is told."""
    _make_room([booking for booking in payment.bookings if booking.status is BookingStatus.EXPIRED])
    confirmed: list[Booking] = []
    refused: defaultdict[str, list[Booking]] = defaultdict(list)
    for booking in payment.bookings:
        if why := _not_confirmed(booking):
            refused[why].append(booking)
        else:
            booking.payment_id = payment.id
            confirmed.append(booking)
    if confirmed:
        unpaid_holds.forgive(payment.client_id)
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
    if booking.status in AGREED:
        return TWICE
    if booking.status is BookingStatus.CANCELLED:
        return "your payment came after the booking was cancelled."
    if booking.start <= now():
        lifecycle.expire(booking)
        return "your payment came after the session's time."
    if booking.status is BookingStatus.EXPIRED and not booking.coach.is_listed:
        return "your payment came after the hold had run out, and the coach takes no sessions any more."
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
            reason = RefundReason.DUPLICATE if why == TWICE else RefundReason.REQUESTED
            refunds.request(payment, share, why, booking, RefundCause.RETURNED, stripe_reason=reason)
            total += share
    first = bookings[0]
    free = _free(first) if first.coach.is_listed else []
    if total.amount == 0:  # all of it is on its way back already
        total = Money(sum(payment.share(booking).amount for booking in bookings), payment.currency)
    messages.payment_returned(bookings, payment.id, total, why, free)


def _free(booking: Booking) -> list[datetime]:
    return slots.nearest_free(booking.coach, booking.start, booking.duration_minutes, now())
