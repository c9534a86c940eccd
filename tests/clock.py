"""A clock that stands still until a test moves it."""

from datetime import datetime, timedelta, tzinfo

TICK = timedelta(microseconds=1)


class Clock:
    """In the place of `datetime` in app.extensions: what the application takes for now.

    Each look at it is a tick later than the one before, so that rows keep their order.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, zone: tzinfo) -> datetime:
        self.at += TICK
        return self.at.astimezone(zone)
