"""The time range and the stages of a reconciliation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app import parsing
from app.extensions import now

EVENTS_KEPT = timedelta(days=30)
"""The age after which Stripe deletes events."""
DELIVERED_WITHIN = timedelta(days=3)
"""How long Stripe retries a delivery."""
REFUND_MAY_FAIL = timedelta(days=30)
"""How long after it succeeded a refund may fail."""
QUIET = timedelta(minutes=2)
"""The least age that beat compares: younger objects' events may be on their way."""
OVERDUE_WITHIN = timedelta(days=3)
"""The age up to which a payment counts as overdue. The nightly run compares older ones that are open."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_RECENT, _NIGHTLY = NAMES_OF_BEAT = ("recent", "nightly")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Stage(StrEnum):
    """The stages of a reconciliation in order: events first, then objects."""

    UNDELIVERED = "undelivered events"
    EVENTS = "events"
    STUCK_EVENTS = "stuck events"
    SESSIONS = "checkout sessions"
    INTENTS = "payment intents"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    OVERDUE_PAYMENTS = "overdue payments"
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
    Stage.OVERDUE_PAYMENTS,
]
_ONLY_RECENT = {Stage.UNDELIVERED, Stage.OVERDUE_PAYMENTS}
WIDE = [stage for stage in Stage if stage not in _ONLY_RECENT]  # lists of days have them
RECENT_AGAIN = 1_000
"""The most objects of a kind that each recent run compares again: 10 reads of Stripe's."""
NIGHTLY_AGAIN = 100_000
"""The most that the nightly run compares again."""


class BadWindow(ValueError):
    """Neither a time nor a duration."""


@dataclass(frozen=True)
class Window:
    name: str
    since: datetime
    until: datetime
    stages: Sequence[Stage]
    again: int | None = None
    """The most objects of a kind that it compares although one of beat's runs has; None for all.

    Beat's windows have this limit. They extend back to where beat's last run ended, so nothing is left out.
    """
    longer: Mapping[Stage, timedelta] = field(default_factory=dict)
    """Stages that go back further."""

    @property
    def is_of_beat(self) -> bool:
        return self.again is not None

    def span(self, stage: Stage) -> tuple[datetime, datetime]:
        """The range of a stage."""
        match stage:
            case Stage.OVERDUE_PAYMENTS:
                return self.until - OVERDUE_WITHIN, self.until
            case Stage.STUCK_EVENTS:
                return BEGINNING, self.until + timedelta(days=1)  # including those that this run records
            case Stage.OPEN_PAYMENTS | Stage.OPEN_REFUNDS | Stage.OPEN_DISPUTES:
                return BEGINNING, self.since  # Stripe's list has the younger ones
        return min(self.since, self.until - self.longer.get(stage, timedelta())), self.until


def asked(text: str) -> Window:
    """The window of `--since`: `24h`, `7d`, `2026-11-01` or a time with its offset. Raises BadWindow."""
    at = _second(now())
    until = at + timedelta(seconds=1)  # up to now
    return Window(text, _since(text, at), until, WIDE)


def recent() -> Window:
    """The window of beat's recent runs."""
    until = _second(now() - QUIET)
    longer = {Stage.UNDELIVERED: DELIVERED_WITHIN}
    return Window(_RECENT, until - timedelta(hours=2), until, RECENT, RECENT_AGAIN, longer)


def nightly() -> Window:
    """The window of beat's nightly run."""
    until = _second(now() - QUIET)
    longer = {Stage.REFUNDS: REFUND_MAY_FAIL}
    return Window(_NIGHTLY, until - timedelta(days=3), until, WIDE, NIGHTLY_AGAIN, longer)


def _since(text: str, at: datetime) -> datetime:
    if length := re.fullmatch("([1-9][0-9]{0,3})([mhdw])", text):
        return max(at - timedelta(**{_UNITS[length[2]]: int(length[1])}), BEGINNING)
    try:
        since = _second(parsing.instant(text if "T" in text else f"{parsing.calendar_date(text)}T00:00Z"))
    except (ValueError, OverflowError):  # with its offset it may be out of range
        raise BadWindow("say 24h, 7d, 2026-11-01 or 2026-11-01T14:00:00Z") from None
    if since >= at:
        raise BadWindow("this is in the future")
    return max(since, BEGINNING)


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
