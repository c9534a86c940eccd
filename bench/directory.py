"""Coaches who fill the directory and have no bookings: with names, languages and prices of all kinds."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from app.accounts.models import Role
from app.coaches import search
from app.coaches.models import Approval
from bench.people import COACH_ZONE, address

LOWEST_RATE = 20
RARE_NAME, COMMON_NAME = "Lucía Fernández", "Anna Meyer"
RARE_LANGUAGE, COMMON_LANGUAGE = "Rumantsch", "English"
_RARE_EVERY = 5000
_FIRST = (
    "Anna",
    "Ben",
    "Chloé",
    "Dmitri",
    "Elena",
    "Farid",
    "Gül",
    "Håkon",
    "Inés",
    "João",
    "Leïla",
    "Paweł",
)
_LAST = ("Meyer", "Okafor", "Świątek", "Nguyễn", "Rossi", "Haddad", "Larsen", "García", "Silva", "Tanaka")
_FIELDS = ("career", "leadership", "parenting", "sleep", "writing", "grief", "money", "public-speaking")
_HEADLINES = ("Coach for {}", "{} after a change", "I help with {}", "Twenty years of {} coaching")
_LANGUAGES = (["English"], ["English", "Français"], ["Deutsch"], ["Español", "English"], ["Polski"])
_CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")

_COPY_ACCOUNTS = b"""
COPY account (id, created_at, email, password_hash, name, role, time_zone, email_verified_at, deactivated_at,
  reminder_hours) FROM STDIN
"""
_COPY_COACHES = b"""
COPY coach (id, created_at, headline, search_text, languages, search_languages, hourly_rate_minor, currency,
  approval, bio, durations, time_zone, buffer_before_minutes, buffer_after_minutes, minimum_notice_minutes,
  horizon_days, slot_step_minutes) FROM STDIN
"""
_SAME_IN_ALL = ("", [30, 60, 90], COACH_ZONE, 0, 0, 120, 60, 30)

Row = tuple[Any, ...]


def load(connection: Connection[Any], coaches: int) -> None:
    """Add so many coaches. One in ten is not listed: not verified, deactivated, waiting or without a rate."""
    rows = list(_rows(coaches, datetime.now(UTC)))
    with connection.transaction(), connection.cursor() as cursor:
        for statement, place in ((_COPY_ACCOUNTS, 0), (_COPY_COACHES, 1)):
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row[place])


def _rows(coaches: int, at: datetime) -> Iterator[tuple[Row, Row]]:
    drawn = random.Random(coaches)  # the same people each time
    for number in range(coaches):
        created = at - timedelta(minutes=coaches - number)
        coach_id = UUID(int=drawn.getrandbits(128))
        name = _name(number, drawn)
        yield _account(coach_id, name, created, number), _coach(coach_id, name, created, number, drawn)


def _name(number: int, drawn: random.Random) -> str:
    if number % _RARE_EVERY == 0:
        return RARE_NAME
    return f"{drawn.choice(_FIRST)} {drawn.choice(_LAST)}"


def _account(coach_id: UUID, name: str, created: datetime, number: int) -> Row:
    verified = None if number % 40 == 1 else created
    deactivated = created if number % 40 == 2 else None
    mail = address(Role.COACH, coach_id)
    return (
        *(coach_id, created, mail, "nobody signs in", name, Role.COACH, COACH_ZONE, verified, deactivated),
        [24, 1],
    )


def _coach(coach_id: UUID, name: str, created: datetime, number: int, drawn: random.Random) -> Row:
    headline = drawn.choice(_HEADLINES).format(drawn.choice(_FIELDS))
    languages = [RARE_LANGUAGE] if number % _RARE_EVERY == 0 else drawn.choice(_LANGUAGES)
    rate = None if number % 40 == 3 else 100 * drawn.randint(LOWEST_RATE, 200)
    approval = Approval.WAITING if number % 40 == 4 else Approval.APPROVED
    text = search.search_text(name, headline)
    return (
        *(
            coach_id,
            created,
            headline,
            text,
            languages,
            search.search_languages(languages),
            rate,
            drawn.choice(_CURRENCIES),
        ),
        *(approval, *_SAME_IN_ALL),
    )
