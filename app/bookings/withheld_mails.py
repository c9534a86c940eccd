"""Selects the withheld mails about sessions that still matter after the verification."""

from collections.abc import Callable

from app.accounts.models import REMINDER_HOURS, Account
from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails import subject_ids, withheld
from app.emails.models import Email
from app.extensions import db, now


def release(account: Account) -> None:
    """Release mails about upcoming sessions that are still true."""
    mails = withheld.to(account.email, _STILL_TRUE)
    withheld.release([mail for mail in mails if _matters(mail)])


def _matters(mail: Email) -> bool:
    booking = db.session.get(Booking, subject_ids.main_id(mail.subject_id))
    return booking is not None and booking.start > now() and _STILL_TRUE[mail.kind](mail, booking)


def _is_cancelled(_: Email, booking: Booking) -> bool:
    return booking.status is Status.CANCELLED


def _is_as_reminded(mail: Email, booking: Booking) -> bool:
    """Whether the session is confirmed, at the time that the reminder names."""
    as_now = [subject_ids.of_reminder(booking.id, booking.calendar_sequence, at) for at in REMINDER_HOURS]
    return booking.status is Status.CONFIRMED and mail.subject_id in as_now


_STILL_TRUE: dict[str, Callable[[Email, Booking], bool]] = {
    "hold_cancelled": _is_cancelled,
    "reminder": _is_as_reminded,
}
