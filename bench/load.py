"""The bookings of a business, by COPY, and what they left behind.

Businesses of all sizes have the same weeks ahead of them; the larger one is the one with the longer past.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from psycopg import Connection

from app.accounts.models import REMINDER_HOURS
from app.bookings.status import Status
from app.coaches.models import STANDARD_POLICY
from bench import trail
from bench.bulk import bare
from bench.people import BUFFER_MINUTES, CLIENT_ZONE, COACH_ZONE, Business, client_id, coach_id

TABLES = ("booking", *trail.TABLES)
"""Those that grow with the business."""
SESSIONS_A_DAY = 4
FIRST_HOUR = 8  # UTC: within the coaches' hours in summer and in winter
BOOKED_AHEAD = timedelta(days=7)
QUIET = timedelta(hours=1)
"""Longer than it takes to measure: meanwhile no hold runs out and no reminder falls due."""

PAST = [Status.COMPLETED] * 85 + [Status.CANCELLED] * 7 + [Status.EXPIRED] * 6
COMING = [Status.CONFIRMED] * 17 + [Status.PENDING, Status.CANCELLED, Status.EXPIRED]

_COPY = b"""
COPY booking (coach_id, client_id, id, payment_id, created_at, updated_at, period, busy, status,
  hold_expires_at, next_reminder_at, cancelled_at, cancelled_by, cancel_reason, cancel_refund_percent,
  notes, amount_minor, currency, coach_time_zone, client_time_zone, policy, refund_percent_at_most,
  calendar_sequence) FROM STDIN
"""
_NULL = "\\N"
_NOT_CANCELLED = "\t".join([_NULL] * 4)
_SAME_IN_ALL = "\t".join(
    ["", "7500", "EUR", COACH_ZONE, CLIENT_ZONE, json.dumps(STANDARD_POLICY), "100", "0"]
)


@dataclass(frozen=True)
class Circle:
    """Coaches and clients who meet: how often in all, and how often each coach will from now on."""

    coaches: range
    clients: range
    bookings: int
    coming: int
    past: Sequence[Status]
    """What can have become of a session that is over, each as often as it stands here."""

    def meetings(self) -> Iterator[tuple[int, int, int]]:
        """Coach, client, and the coach's how manieth session from today on it is, counted from 0.

        No client is with two coaches at once.
        """
        past = max(self.bookings // len(self.coaches) - self.coming, 0)
        for number in range(self.bookings):
            turn, place = divmod(number, len(self.coaches))
            client = (place + turn * (len(self.coaches) + 1)) % len(self.clients)
            yield self.coaches[place], self.clients[client], turn - past


def circles(business: Business) -> tuple[Circle, Circle]:
    """The regulars, who never miss a session, and the others."""
    few, half = business.regulars, business.bookings // 2
    coaches, clients = range(few, business.coaches), range(few, business.clients)
    return (
        Circle(range(few), range(few), half, 20, PAST + [Status.COMPLETED] * 2),
        Circle(coaches, clients, business.bookings - half, 2, PAST + [Status.NO_SHOW] * 2),
    )


def load(connection: Connection[Any], business: Business, at: datetime) -> None:
    """Fill a database that has the people already, as everything stands at `at`."""
    with bare(connection, TABLES):
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in _rows(business, at):
                copy.write(row)
        trail.leave(connection, at)
    connection.execute("VACUUM (ANALYZE)")


def _rows(business: Business, at: datetime) -> Iterator[str]:
    coaches = [coach_id(number).hex for number in range(business.coaches)]
    clients = [client_id(number).hex for number in range(business.clients)]
    drawn = random.Random(business.bookings)  # the same ids each time
    outcome = cache(lambda turn, status: _outcome(_start(turn, at), status, at))
    for circle in circles(business):
        for coach, client, turn in circle.meetings():
            ids = f"{drawn.getrandbits(128):032x}\t{drawn.getrandbits(128):032x}"
            status = circle.past[(7 * turn + coach) % 100] if turn < 0 else COMING[(3 * turn + coach) % 20]
            yield f"{coaches[coach]}\t{clients[client]}\t{ids}\t{outcome(turn, status)}\t{_SAME_IN_ALL}\n"


def _start(turn: int, at: datetime) -> datetime:
    """Today has no session: whatever the hour, those of the past are over and those to come are not."""
    day, place = divmod(turn, SESSIONS_A_DAY)
    date = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day + (turn >= 0))
    return date + timedelta(hours=FIRST_HOUR + 2 * place)


def _outcome(start: datetime, status: Status, at: datetime) -> str:
    """The columns from `created_at` to `cancel_refund_percent`."""
    booked, end = min(start - BOOKED_AHEAD, at), start + timedelta(hours=1)
    busy_until = end + timedelta(minutes=BUFFER_MINUTES)
    held = at + QUIET if status is Status.PENDING else _NULL
    reminders = [start - timedelta(hours=hours) for hours in REMINDER_HOURS]
    remind = min((time for time in reminders if time > at + QUIET), default=_NULL)
    columns = [
        *(booked, booked, f"[{start},{end})", f"[{start},{busy_until})", status, held),
        remind if status is Status.CONFIRMED else _NULL,
        f"{booked}\tclient\tI am ill\t100" if status is Status.CANCELLED else _NOT_CANCELLED,
    ]
    return "\t".join(map(str, columns))
