"""Which time a reconciliation looks at, and which of its stages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app import parsing
from app.extensions import now

EVENTS_KEPT = timedelta(days=30)
"""Stripe forgets events that are older."""
DELIVERED_WITHIN = timedelta(days=3)
"""So long Stripe goes on delivering an event that was not taken."""
REFUND_MAY_FAIL = timedelta(days=30)
"""So long after it succeeded."""
QUIET = timedelta(minutes=2)
"""What is younger is left alone by beat: its event is on its way."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Stage(StrEnum):
    """The steps of a reconciliation, in their order: what was told first, then what is."""

    UNDELIVERED = "undelivered events"
    EVENTS = "events"
    STUCK_EVENTS = "stuck events"
    SESSIONS = "checkout sessions"
    INTENTS = "payment intents"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    OPEN_PAYMENTS = "open payments"
    OPEN_REFUNDS = "open refunds"
    OPEN_DISPUTES = "open disputes"


RECENT = [
    Stage.UNDELIVERED,
    Stage.EVENTS,
    Stage.STUCK_EVENTS,
    Stage.SESSIONS,
    Stage.INTENTS,
    Stage.REFUNDS,
    Stage.DISPUTES,
]
WIDE = [stage for stage in Stage if stage is not Stage.UNDELIVERED]  # they are among the events


class BadWindow(ValueError):
    """Not a time, nor a length of time."""


@dataclass(frozen=True)
class Window:
    name: str
    since: datetime
    until: datetime
    stages: Sequence[Stage]
    gapless: bool
    """Whether it goes back to where the last one of its name ended, when that is longer ago."""
    longer: Mapping[Stage, timedelta] = field(default_factory=dict)
    """Stages that go back further."""

    def span(self, stage: Stage) -> tuple[datetime, datetime]:
        """What a stage looks at."""
        match stage:
            case Stage.STUCK_EVENTS:
                return BEGINNING, self.until + timedelta(days=1)  # with those that this run puts on record
            case Stage.OPEN_PAYMENTS | Stage.OPEN_REFUNDS | Stage.OPEN_DISPUTES:
                return BEGINNING, self.since  # younger ones are among what Stripe lists
        return min(self.since, self.until - self.longer.get(stage, timedelta())), self.until


def asked(text: str) -> Window:
    """What an operator typed: `24h`, `7d`, `2026-11-01` or a time with its offset. Raises BadWindow."""
    at = _second(now())
    until = at + timedelta(seconds=1)  # with all that there is by now
    return Window(text, _since(text, at), until, WIDE, gapless=False)


def recent() -> Window:
    """What beat looks at every few minutes."""
    until = _second(now() - QUIET)
    longer = {Stage.UNDELIVERED: DELIVERED_WITHIN}
    return Window("recent", until - timedelta(hours=2), until, RECENT, gapless=True, longer=longer)


def nightly() -> Window:
    """What beat looks at once a night."""
    until = _second(now() - QUIET)
    longer = {Stage.REFUNDS: REFUND_MAY_FAIL}
    return Window("nightly", until - timedelta(days=3), until, WIDE, gapless=True, longer=longer)


def _since(text: str, at: datetime) -> datetime:
    if length := re.fullmatch("([1-9][0-9]{0,3})([mhdw])", text):
        return max(at - timedelta(**{_UNITS[length[2]]: int(length[1])}), BEGINNING)
    try:
        since = _second(parsing.instant(text if "T" in text else f"{parsing.calendar_date(text)}T00:00Z"))
    except (ValueError, OverflowError):  # with its offset it may lie outside of the calendar
        raise BadWindow("say 24h, 7d, 2026-11-01 or 2026-11-01T14:00:00Z") from None
    if since >= at:
        raise BadWindow("this lies in the future")
    return max(since, BEGINNING)


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
