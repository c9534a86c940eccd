"""The mails that CultureBridge sends: one function a message.

Each puts its rows into the outbox within the transaction that caused it; the jobs that send them follow the
commit. Asked for again, for the same subject and recipient, it does nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import current_app
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app import context
from app.emails.models import Email, EmailStatus
from app.extensions import db
from app.jobs import after_commit

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account
    from app.bookings.models import Booking
    from app.bookings.policy import Cancelling
    from app.money import Money

REMINDER_HOURS = (24, 1)
"""How long before a session people can be reminded of it."""

_templates = Environment(
    loader=PackageLoader("app.emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def verify_address(account: "Account", token: str) -> None:
    """To a new account: a link that proves the address."""
    link = f"{current_app.extensions['settings'].public_url}/auth/verify?{urlencode({'token': token})}"
    _put("verify_address", account.id, account, "Please confirm your e-mail address", link=link)


def booking_confirmed(booking: "Booking", invitation: str) -> None:
    """To client and coach: the session is on."""
    _put_to_both(
        "booking_confirmed", booking, "Confirmed: {minutes} minutes of coaching with {name}", invitation
    )


def series_confirmed(bookings: "Sequence[Booking]", calendar: str) -> None:
    """To client and coach: these sessions, paid for together, are on.

    The calendar is a METHOD:PUBLISH, as an invitation may hold but one event (RFC 5546, 3.2.2).
    """
    first = bookings[0]
    for reader, other in _both(first):
        sessions = [_span(booking, reader) for booking in bookings]
        _put(
            "series_confirmed",
            first.payment_id,
            reader,
            f"Confirmed: {len(bookings)} coaching sessions with {other.name}",
            calendar=calendar,
            first=first,
            other=other,
            sessions=sessions,
            paid=sum((booking.price for booking in bookings[1:]), first.price),
        )


def booking_moved(booking: "Booking", before: datetime, by: str, invitation: str) -> None:
    """To both: the session has another time, and by whom."""
    _put_to_both(
        "booking_moved",
        booking,
        "Moved: {minutes} minutes of coaching with {name}",
        invitation,
        by=by,
        before=before,
    )


def booking_cancelled(booking: "Booking", by: str, cancelling: "Cancelling", cancellation: str) -> None:
    """To both: the session is off, by whom, and what goes back."""
    _put_to_both(
        "booking_cancelled",
        booking,
        "Cancelled: {minutes} minutes of coaching with {name}",
        cancellation,
        by=by,
        cancelling=cancelling,
    )


def reminder(booking: "Booking", reader: "Account", hours: int) -> bool:
    """To one of the two: the session begins in so many hours. Whether it is news."""
    other = booking.coach.account if reader.id == booking.client_id else booking.client
    return _insert(
        "reminder",
        _reminder_id(booking, hours),
        reader.email,
        reader.name,
        f"Reminder: coaching with {other.name}",
        booking=booking,
        reader=reader,
        other=other,
        when=_span(booking, reader),
        hours=hours,
    )


def withdraw_reminders(booking: "Booking") -> None:
    """The session is off or elsewhere: what has not left yet must not leave."""
    db.session.execute(
        update(Email)
        .where(Email.kind == "reminder", Email.status == EmailStatus.QUEUED)
        .where(Email.subject_id.in_([_reminder_id(booking, hours) for hours in REMINDER_HOURS]))
        .values(status=EmailStatus.WITHDRAWN)
    )


def _reminder_id(booking: "Booking", hours: int) -> str:
    return f"{booking.id}:{booking.calendar_sequence}:{hours}h"


def payment_returned(
    bookings: "Sequence[Booking]", payment_id: UUID, amount: "Money", why: str, free: Sequence[datetime]
) -> None:
    """To the client: the money goes back, for which sessions, why, and which times are free instead."""
    first = bookings[0]
    zone = first.client.zone
    _put(
        "payment_returned",
        f"{payment_id}:{first.id}",
        first.client,
        f"Your payment of {amount} is on its way back",
        coach=first.coach,
        sessions=[_moment(booking.start, zone) for booking in bookings],
        amount=amount,
        why=why,
        free=[_moment(start, zone) for start in free],
    )


def needs_attention(subject_id: str, what: str, remedy: str) -> None:
    """To the operator, when OPS_EMAIL names one: something that no code here can settle."""
    to = current_app.extensions["settings"].ops_email
    if to:
        _insert(
            "needs_attention",
            subject_id,
            to,
            "Operator",
            f"Needs attention: {what.partition(chr(10))[0][:120]}",
            what=what,
            remedy=remedy,
        )


def test(to: str) -> UUID:
    """From `flask email test`: proves that mail works. The row's id; the caller sends it."""
    email = Email(
        kind="test",
        subject_id=uuid4().hex,
        recipient=to,
        recipient_name="",
        subject="A test mail from CultureBridge",
        text_body=_templates.get_template("test.txt").render(),
        html_body=_templates.get_template("test.html").render(subject="A test mail from CultureBridge"),
        request_id=context.request_id.get(),
    )
    db.session.add(email)
    db.session.flush()
    return email.id


def _put_to_both(kind: str, booking: "Booking", subject: str, calendar: str, **shown: Any) -> None:
    for reader, other in _both(booking):
        shown |= {"booking": booking, "other": other, "when": _span(booking, reader)}
        shown["moment"] = partial(_moment_of, booking, reader)
        title = subject.format(minutes=booking.duration_minutes, name=other.name)
        _put(kind, f"{booking.id}:{booking.calendar_sequence}", reader, title, calendar=calendar, **shown)


def _both(booking: "Booking") -> "tuple[tuple[Account, Account], ...]":
    """Each of the two as reader, beside the other."""
    client, coach = booking.client, booking.coach.account
    return (client, coach), (coach, client)


def _put(kind: str, subject_id: object, reader: "Account", subject: str, **shown: Any) -> None:
    _insert(kind, str(subject_id), reader.email, reader.name, subject, reader=reader, **shown)


def _insert(
    kind: str, subject_id: str, to: str, name: str, subject: str, calendar: str | None = None, **shown: Any
) -> bool:
    """Put a mail into the outbox; False when it is there already."""
    shown |= {"subject": subject, "name": name}
    email_id = db.session.scalar(
        insert(Email)
        .values(
            kind=kind,
            subject_id=subject_id,
            recipient=to,
            recipient_name=name,
            subject=subject,
            text_body=_templates.get_template(f"{kind}.txt").render(shown),
            html_body=_templates.get_template(f"{kind}.html").render(shown),
            calendar=calendar,
            request_id=context.request_id.get(),
        )
        .on_conflict_do_nothing(constraint="uq_email_once")
        .returning(Email.id)
    )
    if email_id:
        after_commit("emails.deliver", str(email_id))
    return email_id is not None


def _zone_of(booking: "Booking", reader: "Account", at: datetime) -> ZoneInfo:
    """Of the clocks that the reader lives by at that moment: a coach may stay abroad."""
    return reader.zone if reader.id == booking.client_id else booking.coach.zone_at(at)


def _moment_of(booking: "Booking", reader: "Account", at: datetime) -> str:
    return _moment(at, _zone_of(booking, reader, at))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    """Tuesday 1 December 2026, 15:00 (Europe/Paris, UTC+01:00)"""
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({zone.key}, UTC{local.isoformat()[-6:]})"


def _span(booking: "Booking", reader: "Account") -> dict[str, str]:
    zone = _zone_of(booking, reader, booking.start)
    local_start, local_end = booking.start.astimezone(zone), booking.end.astimezone(zone)
    return {
        "day": f"{local_start:%A} {local_start.day} {local_start:%B %Y}",
        "hours": f"{local_start:%H:%M} to {local_end:%H:%M}",
        "zone": f"{zone.key}, UTC{local_start.isoformat()[-6:]}",
    }
