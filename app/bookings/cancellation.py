"""Cancellation of a booking: deadline, refund and mails. Who may cancel: `access`."""

from datetime import datetime
from functools import partial

from app.bookings import calendar, messages, reminders, unpaid_holds
from app.bookings.models import Booking, Party
from app.bookings.policy import Cancelling
from app.bookings.refund_protocol import current_refunds
from app.bookings.status import Status
from app.extensions import now
from app.http.problems import Problem
from app.http.schema_types import instant_text


class WrongStatus(Problem):
    status, slug, title = 409, "wrong-status", "Not possible in this state"
    meaning = "The booking's status, such as cancelled or completed, does not allow this."
    remedy = (
        "Look at its `status` with `GET /booking/{id}`; `GET /booking/{id}/history` shows how it got there."
    )


class TooLate(Problem):
    status, slug, title = 409, "too-late", "Too late to change"
    meaning = "The time until which this side may move or cancel the session has passed."
    remedy = (
        "Write to the other side. The coach's cancellation policy says how long before the start each side"
        " may change."
    )


def preview(booking: Booking, by: Party) -> Cancelling:
    """The refund that cancelling now would cause. Raises WrongStatus, TooLate."""
    at = now()
    if booking.status is Status.PENDING:
        return Cancelling(0, booking.price.percent(0))
    check_may_change(booking, by, at)
    return _giving_back(booking, client_percent(booking, booking.start, at) if by is Party.CLIENT else 100)


def _giving_back(booking: Booking, percent: int) -> Cancelling:
    wanted = booking.price.percent(percent)
    refundable = current_refunds().refundable(booking)
    return Cancelling(percent, min(wanted, refundable, key=lambda money: money.amount))


def client_percent(booking: Booking, start: datetime, at: datetime) -> int:
    """The refund percentage by the policy for a session at `start`; 100 once the other side has moved it."""
    if _is_moved_by_others(booking):
        return 100
    return min(booking.refund_percent_at_most, booking.cancellation_policy.refund_percent(start, at))


def _is_moved_by_others(booking: Booking) -> bool:
    return booking.moved_by not in {None, Party.CLIENT}


def cancel(booking: Booking, by: Party, reason: str) -> None:
    """Cancel a locked booking. Raises WrongStatus, TooLate.

    The client gets the refund of the policy; a full one if the coach or an admin cancels.
    """
    _call_off(booking, by, reason, preview(booking, by))


def cancel_for_erasure(booking: Booking, by: Party, reason: str) -> None:
    """Cancel a locked booking of a person who erases the account. Raises WrongStatus.

    Works after the deadline too: a client then gets no refund.
    """
    try:
        refund = preview(booking, by)
    except TooLate:
        refund = _giving_back(booking, 0 if by is Party.CLIENT else 100)
    _call_off(booking, by, reason, refund)


def _call_off(booking: Booking, by: Party, reason: str, refund: Cancelling) -> None:
    was_confirmed = booking.status is Status.CONFIRMED
    reminders.withdraw(booking)
    booking.transition_to(Status.CANCELLED)
    booking.cancelled_by, booking.cancel_reason, booking.cancelled_at = by, reason, now()
    booking.cancel_refund_percent = refund.percent
    no_refund = current_refunds().refund_cancelled(booking, refund.refund)
    if was_confirmed:
        messages.booking_cancelled(booking, by, refund, no_refund, partial(calendar.cancellation, booking))
    elif by is Party.CLIENT:
        unpaid_holds.lapse(booking)
    else:
        messages.hold_cancelled(booking, by)


def check_may_change(booking: Booking, by: Party, at: datetime) -> None:
    """Raises WrongStatus unless it is confirmed, TooLate within the notice for this side."""
    if booking.status is not Status.CONFIRMED:
        raise WrongStatus(f"This booking is {booking.status}.")
    policy, start = booking.cancellation_policy, booking.start
    until = {
        # no notice for a client whose session the coach has moved
        Party.CLIENT: start if _is_moved_by_others(booking) else policy.client_may_change_until(start),
        Party.COACH: policy.coach_may_change_until(start),
        Party.ADMIN: booking.end,
    }[by]
    if at >= until:
        raise TooLate(f"This could be changed until {instant_text(until)}.")
