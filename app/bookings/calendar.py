"""Bookings as iCalendar events (RFC 5545), sent as invitations (RFC 5546).

SEQUENCE begins at 0 and rises by one with each change of the status (`Booking.transition_to`), the time
(`lifecycle.moved`) or the link (`video_links.renew`): calendars ignore an event with a lower one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from app.accounts.models import Account
from app.bookings.models import Booking
from app.bookings.status import Status
from app.config.settings import current_settings
from app.extensions import now
from app.unicode_text import isolate, lines, without_bidi_controls

OFF = frozenset({Status.CANCELLED, Status.EXPIRED})


def invitation(booking: Booking, reader: Account | None = None) -> str:
    """A METHOD:REQUEST with a paid session. It adds the event to a calendar, or updates the one with its UID.

    For an unverified reader it contains neither the link nor names and words that people wrote.
    Its DTSTAMP is the time of this call (RFC 5545, 3.8.7.2).
    """
    return _message("REQUEST", booking, _attendees(booking), now(), reader)


def invitations(bookings: Sequence[Booking], reader: Account | None = None) -> str:
    """Invitations one after the other, because each holds one event (RFC 5546, 3.2.2)."""
    return "".join(invitation(booking, reader) for booking in bookings)


def cancellation(booking: Booking, reader: Account | None = None) -> str:
    """A METHOD:CANCEL that removes the event with this UID from a calendar."""
    return _message("CANCEL", booking, _attendees(booking), now(), reader)


def current(booking: Booking) -> str:
    """The current state of the session: tentative while it is unpaid, a METHOD:CANCEL once it is cancelled.

    An unpaid session names no attendees: a hold costs nothing, and addresses are login names. Without
    attendees it is a METHOD:PUBLISH instead of an invitation (RFC 5546, 3.2.1).
    DTSTAMP is the time of the last change, so that an unchanged booking gives the same file each time.
    """
    is_agreed = booking.was_confirmed
    method = "CANCEL" if booking.status in OFF else "REQUEST" if is_agreed else "PUBLISH"
    return _message(method, booking, _attendees(booking) if is_agreed else [], booking.updated_at)


def feed(bookings: Sequence[Booking]) -> str:
    """A METHOD:PUBLISH with all sessions and a calendar name, for subscriptions.

    DTSTAMP is the time of each booking's last change, so that an unchanged feed keeps its ETag.
    """
    calendar = _calendar("PUBLISH", [_event(booking, booking.updated_at) for booking in bookings])
    name = f"{current_settings().sender.name} sessions"
    calendar.add("name", name)  # RFC 7986
    calendar.add("x-wr-calname", name)  # for programs older than RFC 7986
    return _text(calendar)


def _message(
    method: str,
    booking: Booking,
    attendees: Sequence[vCalAddress],
    stamp: datetime,
    reader: Account | None = None,
) -> str:
    event = _event(booking, stamp, is_guarded=reader is not None and not reader.email_verified)
    if reader is not None and not reader.email_verified:
        attendees = [_participant(reader)]
    for each in attendees:
        event.add("attendee", each, encode=False)
    return _text(_calendar(method, [event]))


def _calendar(method: str, events: Sequence[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//CultureBridge//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _text(calendar: Calendar) -> str:
    return str(calendar.to_ical().decode())


def _event(booking: Booking, stamp: datetime, is_guarded: bool = False) -> Event:
    """The time in UTC: local times can be ambiguous, and programs differ in their zone rules."""
    event = Event()
    event.add("uid", f"booking-{booking.id}@culturebridge")
    event.add("sequence", booking.calendar_sequence)
    event.add("dtstamp", stamp)
    event.add("dtstart", booking.start.astimezone(UTC))
    event.add("dtend", booking.end.astimezone(UTC))
    event.add("summary", "Coaching session" if is_guarded else _summary(booking))
    event.add("status", _status(booking))
    event.add("organizer", _organiser())
    if booking.notes and not is_guarded:
        event.add("description", "\n".join(_lines(booking.notes)))
    if booking.status is Status.CONFIRMED:
        event.add_component(_reminder())
        if booking.video_url and not is_guarded:
            event.add("url", booking.video_url)
            event.add("location", booking.video_url)
    return event


def _summary(booking: Booking) -> str:
    coach, client = (isolate(" ".join(_lines(name))) for name in (booking.coach.name, booking.client.name))
    return f"Coaching: {coach} and {client}"


def _lines(text: str) -> list[str]:
    """Text without Unicode line breaks, which some iCalendar parsers read as CRLF (RFC 5545, 3.1)."""
    return lines(without_bidi_controls(text))


def _status(booking: Booking) -> str:
    if booking.status is Status.PENDING:
        return "TENTATIVE"
    return "CANCELLED" if booking.status in OFF else "CONFIRMED"


def _organiser() -> vCalAddress:
    sender = current_settings().sender
    address = vCalAddress(f"mailto:{sender.email}")
    address.params["cn"] = vText(sender.name)
    return address


def _attendees(booking: Booking) -> list[vCalAddress]:
    return [_attendee(person) for person in (booking.client, booking.coach.account)]


def _attendee(person: Account) -> vCalAddress:
    address = _participant(person)
    address.params["cn"] = vText(" ".join(_lines(person.name)))
    return address


def _participant(person: Account) -> vCalAddress:
    """An attendee without a name."""
    address = vCalAddress(f"mailto:{person.email}")
    address.params["role"] = vText("REQ-PARTICIPANT")
    address.params["partstat"] = vText("ACCEPTED")
    address.params["rsvp"] = vText("FALSE")
    return address


def _reminder() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Your coaching session begins in 15 minutes")
    alarm.add("trigger", timedelta(minutes=-15))
    return alarm
