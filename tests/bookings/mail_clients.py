"""Mail programs that open the calendar files of our mails (RFC 5546), each with a parser of another house.

None of the three wrote the files. They share only what to do with what was read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import ics
import vobject
from ical.calendar_stream import CalendarStream


@dataclass(frozen=True)
class Heard:
    """What one file says of one event."""

    method: str
    uid: str
    version: tuple[int, datetime]
    """SEQUENCE, then DTSTAMP: of two files about an event the higher counts (RFC 5546, 2.1.5)."""
    start: datetime
    end: datetime
    summary: str
    status: str
    guests: int


Parser = Callable[[str], list[Heard]]


def by_ical(file: str) -> list[Heard]:
    (calendar,) = CalendarStream.from_ics(file).calendars
    return [
        Heard(
            str(calendar.method),
            event.uid,
            (event.sequence or 0, _instant(event.dtstamp)),
            _instant(event.dtstart),
            _instant(event.dtend),
            str(event.summary),
            event.status.value if event.status else "",
            len(event.attendees),
        )
        for event in calendar.events
    ]


def by_vobject(file: str) -> list[Heard]:
    (calendar,) = vobject.readComponents(file)
    return [
        Heard(
            calendar.method.value,
            event.uid.value,
            (int(event.sequence.value), _instant(event.dtstamp.value)),
            _instant(event.dtstart.value),
            _instant(event.dtend.value),
            event.summary.value,
            event.status.value,
            len(event.attendee_list),
        )
        for event in calendar.vevent_list
    ]


def by_ics(file: str) -> list[Heard]:
    calendar = ics.Calendar(file)
    return [
        Heard(
            calendar.method,
            event.uid,
            (int(_extra(event, "SEQUENCE")), event.created.datetime),
            event.begin.datetime,
            event.end.datetime,
            event.name,
            event.status,
            len(event.attendees),
        )
        for event in calendar.events
    ]


PARSERS: dict[str, Parser] = {"ical": by_ical, "vobject": by_vobject, "ics": by_ics}


def _instant(value: object) -> datetime:
    """Not a date, nor a wall clock that nobody says the zone of."""
    assert isinstance(value, datetime)
    assert value.utcoffset() is not None
    return value


def _extra(event: ics.Event, name: str) -> str:
    (line,) = (line for line in event.extra if line.name == name)
    return str(line.value)


class Program:
    """Opens invitations and cancellations, and shows what is on."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._newest: dict[str, Heard] = {}

    def opens(self, files: Iterable[str]) -> None:
        for heard in (each for file in files for each in self._parser(file)):
            known = self._newest.get(heard.uid)
            if known is None or heard.version >= known.version:
                self._newest[heard.uid] = heard

    @property
    def shows(self) -> list[tuple[datetime, datetime]]:
        """From when to when something is on."""
        return sorted((each.start, each.end) for each in self._newest.values() if each.method == "REQUEST")
