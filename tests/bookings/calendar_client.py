"""A small calendar program: it opens the files that it is sent as RFC 5546 says, and shows what is on.

It reads them with a parser that is not the one which writes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ical.calendar import Calendar
from ical.calendar_stream import CalendarStream
from ical.event import Event

Span = tuple[datetime, datetime]


def parsed(file: str) -> Calendar:
    (calendar,) = CalendarStream.from_ics(file).calendars
    return calendar


def span(event: Event) -> Span:
    """From when to when, UTC."""
    assert isinstance(event.dtstart, datetime)
    assert isinstance(event.dtend, datetime)
    return event.dtstart.astimezone(UTC), event.dtend.astimezone(UTC)


@dataclass
class Agenda:
    """What was opened last of each UID, by RFC 5546, 2.1.5: the highest SEQUENCE, then the latest DTSTAMP."""

    newest: dict[str, tuple[str, Event]] = field(default_factory=dict)

    @classmethod
    def after(cls, files: Iterable[str]) -> "Agenda":
        """One that opened these files, one after the other."""
        agenda = cls()
        for file in files:
            agenda.opens(file)
        return agenda

    def opens(self, file: str) -> None:
        calendar = parsed(file)
        assert calendar.method in {"REQUEST", "CANCEL", "PUBLISH"}
        for event in calendar.events:
            known = self.newest.get(event.uid)
            if known is None or _version(event) >= _version(known[1]):
                self.newest[event.uid] = (calendar.method, event)

    @property
    def events(self) -> list[Event]:
        """What it shows."""
        return [event for method, event in self.newest.values() if method != "CANCEL"]

    @property
    def spans(self) -> list[Span]:
        return sorted(span(event) for event in self.events)


def _version(event: Event) -> tuple[int, datetime]:
    assert isinstance(event.dtstamp, datetime)
    return event.sequence or 0, event.dtstamp.astimezone(UTC)
