"""Fulfilment of a paid payment: each session is confirmed, or its share is refunded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Decision:
    """The decision for one booking: confirm it, or refund its share."""

    booking: Booking
    refund_reason: str | None
    """The reason of a refund, in words for the client; None if the booking is confirmed."""


def fulfil(payment: Payment) -> None:
    """Confirm the bookings of a locked payment, refund the rest, and mail both sides."""
    _expire_holds_in_the_way([each for each in payment.bookings if each.status is BookingStatus.EXPIRED])
    apply(payment, decide(payment.bookings, now()))


def _expire_holds_in_the_way(late: Sequence[Booking]) -> None:
    """Expire other holds that have run out but are not swept yet."""
    if late:
        busy = [booking.busy for booking in late]
        reservation.expire_stale_holds(late[0].coach, late[0].client, busy, now())


def decide(bookings: Sequence[Booking], at: datetime) -> list[Decision]:
    """Decide for each paid booking. Pure.

    A late payment may still find its time taken, which only the database can tell.
    """
    return [Decision(booking, _refund_reason(booking, at)) for booking in bookings]


def _refund_reason(booking: Booking, at: datetime) -> str | None:
    if booking.status in AGREED:
        return TWICE
    if booking.status is BookingStatus.CANCELLED:
        return "your payment came after the booking was cancelled."
    if booking.start <= at:
        return "your payment came after the session's time."
    if booking.status is BookingStatus.EXPIRED and not booking.coach.is_listed:
        return "your payment came after the hold had expired, and the coach no longer accepts bookings."
    return None


def apply(payment: Payment, decisions: Sequence[Decision]) -> None:
    """Confirm and refund as decided, and mail client and coach."""
    confirmed: list[Booking] = []
    refused: defaultdict[str, list[Booking]] = defaultdict(list)
    for decision in decisions:
        if why := decision.refund_reason or _refused(decision.booking):
            refused[why].append(decision.booking)
            lifecycle.expire(decision.booking)  # a hold whose time has passed
        else:
            decision.booking.payment_id = payment.id
            confirmed.append(decision.booking)
    if confirmed:
        unpaid_holds.forgive(payment.client_id)
    lifecycle.announce(confirmed)
    for why, bookings in refused.items():
        _return(payment, bookings, why)


def _refused(booking: Booking) -> str | None:
    """Confirm the booking. Returns why it is impossible, or None."""
    try:
        lifecycle.confirm(booking)
    except lifecycle.SlotTaken:
        return "your payment came after the hold had expired, and the time was taken."
    return None


def _return(payment: Payment, bookings: Sequence[Booking], why: str) -> None:
    """Refund the rest. Part of the money may already be refunded in Stripe's dashboard."""
    total = Money(0, payment.currency)
    for booking in bookings:
        if (share := payment.left_of(booking)).amount:
            reason = RefundReason.DUPLICATE if why == TWICE else RefundReason.REQUESTED
            refunds.request(payment, share, why, booking, RefundCause.RETURNED, stripe_reason=reason)
            total += share
    first = bookings[0]
    free = _free(first) if first.coach.is_listed else []
    if total.amount == 0:  # all of it is already being refunded
        total = Money(sum(payment.share(booking).amount for booking in bookings), payment.currency)
    messages.payment_returned(bookings, payment.id, total, why, free)


def _free(booking: Booking) -> list[datetime]:
    return slots.nearest_free(booking.coach, booking.start, booking.duration_minutes, now())
