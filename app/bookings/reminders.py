"""Reminders of upcoming sessions: when they are due, whom they reach and what they say.

Times are in the time zone of the reader: the client's own, or the coach's at the date of the session.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select

from app import time_zones
from app.accounts.models import REMINDER_HOURS, Account
from app.bookings import manage_links
from app.bookings.messages import seen_by, zone_of
from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails import subject_ids
from app.emails.models import Email
from app.emails.outbox import Mail, enqueue_rendered, render
from app.emails.status import UNSENT
from app.extensions import db
from app.queue.sweeps import DueRows
from app.unicode_text import isolate

DUE = DueRows(Booking.id, Booking.next_reminder_at, (Booking.status == Status.CONFIRMED,))
"""Sessions with a due reminder."""


def plan(booking: Booking, at: datetime) -> None:
    """Set the next reminder: the first one after `at`."""
    times = [booking.start - timedelta(hours=hours) for hours in REMINDER_HOURS]
    booking.next_reminder_at = min((time for time in times if time > at), default=None)


def remind(booking_id: UUID, at: datetime) -> None:
    """Send the reminders of one session, if still due."""
    booking = Booking.locked(booking_id)
    if booking and booking.next_reminder_at and booking.next_reminder_at <= at:
        _remind(booking, at)
        plan(booking, at)


def _remind(booking: Booking, at: datetime) -> None:
    """Readers with a due reminder, each once, even if several became due during an outage."""
    if booking.start <= at:
        return
    now_due = {hours for hours in REMINDER_HOURS if _is_due(booking, hours, at)}
    readers = (booking.client, booking.coach.account)
    wanted = [reader for reader in readers if now_due.intersection(reader.reminder_hours)]
    enqueue_rendered([_rendered(booking, reader, min(now_due)) for reader in wanted])


def _is_due(booking: Booking, hours: int, at: datetime) -> bool:
    """Whether the reminder this many hours before became due since the last one."""
    assert booking.next_reminder_at
    return booking.next_reminder_at <= booking.start - timedelta(hours=hours) <= at


def enqueue(booking: Booking, reader: Account, hours: int) -> bool:
    """Mail one side a reminder. Returns whether the mail is new."""
    return enqueue_rendered([_rendered(booking, reader, hours)]) == 1


def _rendered(booking: Booking, reader: Account, hours: int) -> Mail:
    """The reminder for one side, with times in its own zone."""
    other = seen_by(reader, booking.coach.account if reader.id == booking.client_id else booking.client)
    zone = zone_of(booking, reader, booking.start)
    when = time_zones.span(booking.start, booking.end, zone)
    shown = {
        "booking": booking,
        "other": other,
        "when": when,
        "hours": hours,
        "manage": manage_links.address(booking, reader),
    }
    subject = f"Reminder: coaching with {isolate(other.name)}"
    return render("reminder", _subject_id(booking, hours), reader, subject, None, other.email, shown)


def withdraw(booking: Booking) -> list[tuple[Account, int]]:
    """Withdraw unsent reminders of a session. Returns the reader and the hours of each."""
    hours = {_subject_id(booking, hours): hours for hours in REMINDER_HOURS}
    unsent = Email.kind == "reminder", Email.subject_id.in_(hours), Email.status.in_(UNSENT)
    rows = db.session.execute(select(Email.recipient, Email.subject_id).where(*unsent)).all()
    Email.withdraw(*unsent)
    readers = {reader.email: reader for reader in (booking.client, booking.coach.account)}
    return [(readers[row.recipient], hours[row.subject_id]) for row in rows if row.recipient in readers]


def withdraw_late(at: datetime, most: int) -> int:
    """Withdraw unsent reminders of sessions that began or ended while the mail server was away.

    Returns their number.
    """
    return _withdraw_of(or_(Booking.status != Status.CONFIRMED, func.lower(Booking.period) <= at), most)


def _withdraw_of(bookings: ColumnElement[bool], most: int) -> int:
    """Withdraw unsent reminders of bookings like these, except locked ones. Returns the number."""
    is_reminder = Email.kind == "reminder"
    booking_id = case((is_reminder, subject_ids.main_uuid(Email.subject_id)))  # others may begin with no id
    found = select(Email.id).join(Booking, Booking.id == booking_id).where(bookings)
    found = found.where(is_reminder, Email.status.in_(UNSENT)).order_by(Email.due_at).limit(most)
    # otherwise the planner may run the subquery once for each row
    oldest = found.with_for_update(of=Email, skip_locked=True).cte("oldest").prefix_with("MATERIALIZED")
    return Email.withdraw(Email.id.in_(select(oldest.c.id)))


def _subject_id(booking: Booking, hours: int) -> str:
    return subject_ids.of_reminder(booking.id, booking.calendar_sequence, hours)
