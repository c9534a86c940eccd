"""The people of a business: coaches with their calendars, and clients."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range

from app.accounts import tokens
from app.accounts.models import Account, Role
from app.coaches.models import Coach, DateOverride, Stay, TimeOff, Weekday, WeeklyHours
from app.extensions import Base, db

COACH_ZONE, CLIENT_ZONE = "Europe/Paris", "Europe/London"
BUFFER_MINUTES = 15
ADMIN = UUID(int=1)


@dataclass(frozen=True)
class Business:
    """How large it is."""

    bookings: int
    coaches: int = 1_000
    clients: int = 5_000
    bookings_per_listed_coach: int = 5

    @property
    def directory(self) -> int:
        """Coaches without bookings, who fill the directory."""
        return self.bookings // self.bookings_per_listed_coach

    @property
    def regulars(self) -> int:
        """A tenth of the coaches, and as many clients: half of all bookings are theirs."""
        return self.coaches // 10


def coach_id(number: int) -> UUID:
    return UUID(bytes=md5(f"coach {number}".encode()).digest())


def client_id(number: int) -> UUID:
    return UUID(bytes=md5(f"client {number}".encode()).digest())


def address(role: Role, account_id: UUID) -> str:
    """Where somebody's mails go."""
    return f"{role}-{account_id.hex}@example.com"


def load(business: Business) -> None:
    """Put the people into an empty, migrated database. Commits."""
    coaches = [coach_id(number) for number in range(business.coaches)]
    clients = [client_id(number) for number in range(business.clients)]
    _insert(Account, [_account(Role.COACH, each, COACH_ZONE) for each in coaches])
    _insert(Account, [_account(Role.CLIENT, each, CLIENT_ZONE) for each in clients])
    _insert(Account, [_account(Role.ADMIN, ADMIN, "UTC")])
    _insert(Coach, [_coach(each) for each in coaches])
    _insert(WeeklyHours, [_hours(each, day) for each in coaches for day in Weekday])
    today = datetime.now(UTC).date()
    # Every part of the query for free times finds something.
    _insert(DateOverride, [_override(each, today + timedelta(days=12)) for each in coaches])
    _insert(Stay, [_stay(each, today + timedelta(days=15)) for each in coaches])
    _insert(TimeOff, [_time_off(each, today + timedelta(days=20)) for each in coaches])
    db.session.commit()


def badges(app: Flask, business: Business) -> list[str]:
    """Put the people in; an access token for each client. Commits."""
    with app.app_context():
        load(business)
        clients = [db.session.get_one(Account, client_id(number)) for number in range(business.clients)]
        tokens_of_all = [tokens.signed_in(client).access_token for client in clients]
        db.session.commit()
    return tokens_of_all


def open_round_the_clock(number: int) -> None:
    """Let a coach be booked at any five minutes of any day. Commits."""
    coach = db.session.get_one(Coach, coach_id(number))
    coach.slot_step_minutes, coach.max_per_day = 5, None
    for hours in coach.weekly_hours:
        hours.start_time = hours.end_time = time(0)
    db.session.commit()


def _insert(table: type[Base], rows: list[dict[str, Any]]) -> None:
    db.session.execute(insert(table), rows)


def _account(role: Role, account_id: UUID, zone: str) -> dict[str, Any]:
    return {
        "id": account_id,
        "email": address(role, account_id),
        "password_hash": "nobody signs in",
        "name": f"{role.title()} {account_id.hex[:4]}",
        "role": role,
        "time_zone": zone,
        "email_verified_at": datetime.now(UTC),
    }


def _coach(account_id: UUID) -> dict[str, Any]:
    return {
        "id": account_id,
        "hourly_rate_minor": 7500,
        "time_zone": COACH_ZONE,
        "buffer_after_minutes": BUFFER_MINUTES,
        "max_per_day": 6,
    }


def _hours(of_coach: UUID, day: Weekday) -> dict[str, Any]:
    return {"coach_id": of_coach, "weekday": day, "start_time": time(8), "end_time": time(19)}


def _override(of_coach: UUID, on: date) -> dict[str, Any]:
    return {"coach_id": of_coach, "local_date": on, "hours": [{"start_time": "10:00", "end_time": "12:00"}]}


def _stay(of_coach: UUID, since: date) -> dict[str, Any]:
    return {"coach_id": of_coach, "dates": Range(since, since + timedelta(days=4)), "time_zone": "Asia/Tokyo"}


def _time_off(of_coach: UUID, since: date) -> dict[str, Any]:
    noon = datetime.combine(since, time(12))
    return {
        "coach_id": of_coach,
        "local_start": noon,
        "local_end": noon + timedelta(days=3),
        "reason": "Holiday",
    }
