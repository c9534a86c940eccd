"""An iCalendar file in words, for a person who reads a mail."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from icalendar import Calendar, Event

from sandbox.mailbox.message import Attachment


@dataclass(frozen=True)
class Invitation:
    """What the file says, and the same in lines of label and value."""

    method: str
    summary: str
    lines: tuple[tuple[str, str], ...]


def invitation(attachment: Attachment) -> Invitation | None:
    """The first event of the file; None when it is not a calendar or holds no event."""
    try:
        calendar = Calendar.from_ical(attachment.content)
    except ValueError:
        return None
    event = next((part for part in calendar.walk("VEVENT") if isinstance(part, Event)), None)
    if event is None:
        return None
    lines = [
        ("When", _when(event)),
        ("Where", str(event.get("LOCATION", ""))),
        ("Organizer", _people(event.get("ORGANIZER"))),
        ("Invited", _people(event.get("ATTENDEE"))),
        ("Status", str(event.get("STATUS", ""))),
        ("Sequence", str(event.get("SEQUENCE", ""))),
        ("Link", str(event.get("URL", ""))),
        ("UID", str(event.get("UID", ""))),
        ("Notes", str(event.get("DESCRIPTION", ""))),
    ]
    return Invitation(
        method=str(calendar.get("METHOD", "")),
        summary=str(event.get("SUMMARY", "")),
        lines=tuple((label, value) for label, value in lines if value),
    )


def _when(event: Event) -> str:
    start, end = _time(event.get("DTSTART")), _time(event.get("DTEND"))
    if not isinstance(start, datetime):
        return f"{start:%a %d %b %Y}" if start else ""
    until = f" to {end:%H:%M}" if isinstance(end, datetime) else ""
    return f"{start:%a %d %b %Y, %H:%M}{until} ({start.tzinfo or 'floating time'})"


def _time(value: Any) -> date | None:
    return value.dt if value is not None and isinstance(value.dt, date) else None


def _people(value: Any) -> str:
    """One or several calendar addresses, by name where they have one."""
    people = value if isinstance(value, list) else [value] if value else []
    return ", ".join(_person(person) for person in people)


def _person(person: Any) -> str:
    address = str(person).removeprefix("mailto:").removeprefix("MAILTO:")
    name = str(person.params.get("CN", ""))
    return f"{name} <{address}>" if name and name != address else address
