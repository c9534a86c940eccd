"""Which bookings are paid together, and whether they can still be paid."""

from collections.abc import Sequence

from sqlalchemy import select

from app.accounts.models import Account
from app.bookings.hold_duration import CHECKOUT_DURATION, HOLD_AFTER_CHECKOUT, MAX_HOLD_DURATION
from app.bookings.locks import lock_people
from app.bookings.models import Booking
from app.bookings.status import Status as BookingStatus
from app.extensions import db, now
from app.http.problems import NotFound, Problem
from app.payments.checkout.schemas import CheckoutRequest


class NotPayable(Problem):
    status, slug, title = 409, "not-payable", "Not payable now"
    meaning = "The booking cannot be paid now: it is paid, being paid, cancelled, or its hold has expired."
    remedy = "Look at its `status` with `GET /booking/{id}`; if the hold has expired, book the time again."


def lock_payable(client: Account, wish: CheckoutRequest) -> Sequence[Booking]:
    """The bookings that are paid together, locked: the booking, or the held part of its series.

    Raises NotFound, NotPayable.
    """
    which = Booking.id == wish.booking_id if wish.booking_id else Booking.series_id == wish.series_id
    asked = db.session.scalar(select(Booking).where(which, Booking.client_id == client.id).limit(1))
    if asked is None:
        raise NotFound("There is no such booking.")
    lock_people(asked.coach_id, client.id)
    together = Booking.series_id == asked.series_id if asked.series_id else Booking.id == asked.id
    found = Booking.lock_rows(together)
    payable = [booking for booking in found if booking.holds(now()) and booking.start > now()]
    if not payable or (wish.booking_id and asked not in payable):
        raise _not_payable(asked)
    return payable


def _not_payable(booking: Booking) -> NotPayable:
    if booking.start <= now():
        return NotPayable("This session's time has come; book another.")
    words = {
        BookingStatus.CONFIRMED: "is paid already",
        BookingStatus.PENDING: "was held too long without being paid; book the time again",
        BookingStatus.EXPIRED: "was held too long without being paid; book the time again",
    }
    return NotPayable(f"This booking {words.get(booking.status, f'is {booking.status}')}.")


def check_may_be_held(bookings: Sequence[Booking]) -> None:
    """Raises NotPayable if another session would hold them for too long."""
    if now() + CHECKOUT_DURATION + HOLD_AFTER_CHECKOUT > bookings[0].created_at + MAX_HOLD_DURATION:
        raise NotPayable("This booking was held too long without being paid; book the time again.")
