"""Calendars of coaches as plain values, written into the database as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import Range

from app.accounts.models import Account, Role
from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.models import Coach, DateOverride, Stay, TimeOff, WeeklyHours
from app.extensions import db

Hours = tuple[time, time]


@dataclass(frozen=True)
class Booked:
    """A booking; `held_until` is that of a pending one."""

    start: datetime
    minutes: int
    status: Status = Status.CONFIRMED
    held_until: datetime | None = None


@dataclass(frozen=True)
class Calendar:
    """All that decides about a coach's free times."""

    zone: str
    weekly: Sequence[tuple[int, Hours]] = ()
    """ISO weekday and hours."""
    overrides: dict[date, Sequence[Hours]] = field(default_factory=dict)
    stays: Sequence[tuple[date, date, str]] = ()
    """First and last date, and the zone."""
    time_off: Sequence[tuple[datetime, datetime]] = ()
    """Wall-clock times."""
    bookings: Sequence[Booked] = ()
    step: int = 30
    before: int = 0
    after: int = 0
    notice: int = 0
    horizon_days: int = 366
    max_per_day: int | None = None

    def with_buffers(self, booked: Booked) -> tuple[datetime, datetime]:
        end = booked.start + timedelta(minutes=booked.minutes)
        return booked.start - timedelta(minutes=self.before), end + timedelta(minutes=self.after)


def every_day(*hours: tuple[str, str]) -> list[tuple[int, Hours]]:
    """These hours, written as 09:00, on all weekdays."""
    return [(day, between(*each)) for day in range(1, 8) for each in hours]


def between(start: str, end: str) -> Hours:
    return time.fromisoformat(start), time.fromisoformat(end)


def stored(calendar: Calendar) -> Coach:
    """The coach of a calendar, with its rows flushed."""
    account = _account(Role.COACH, calendar.zone)
    coach = Coach(
        account=account,
        id=account.id,
        time_zone=calendar.zone,
        hourly_rate_minor=6000,
        slot_step_minutes=calendar.step,
        buffer_before_minutes=calendar.before,
        buffer_after_minutes=calendar.after,
        minimum_notice_minutes=calendar.notice,
        horizon_days=calendar.horizon_days,
        max_per_day=calendar.max_per_day,
    )
    db.session.add_all([account, coach])
    db.session.flush()
    db.session.add_all([*_rules(calendar, coach.id), *_bookings(calendar, coach.id)])
    db.session.flush()
    return coach


def _account(role: Role, zone: str) -> Account:
    return Account(
        id=uuid4(), email=f"{uuid4()}@example.com", name="Some", role=role, time_zone=zone, password_hash=""
    )


def _rules(calendar: Calendar, coach_id: UUID) -> list[object]:
    return [
        *(
            WeeklyHours(coach_id=coach_id, weekday=day, start_time=start, end_time=end)
            for day, (start, end) in calendar.weekly
        ),
        *(
            DateOverride(
                coach_id=coach_id,
                local_date=on,
                hours=[{"start_time": f"{start:%H:%M}", "end_time": f"{end:%H:%M}"} for start, end in hours],
            )
            for on, hours in calendar.overrides.items()
        ),
        *(
            Stay(coach_id=coach_id, dates=Range(first, last + timedelta(days=1)), time_zone=zone)
            for first, last, zone in calendar.stays
        ),
        *(
            TimeOff(coach_id=coach_id, local_start=start, local_end=end, reason="")
            for start, end in calendar.time_off
        ),
    ]


def _bookings(calendar: Calendar, coach_id: UUID) -> list[object]:
    if not calendar.bookings:
        return []
    client = _account(Role.CLIENT, "UTC")
    db.session.add(client)
    return [
        Booking(
            coach_id=coach_id,
            client=client,
            period=Range(booked.start, booked.start + timedelta(minutes=booked.minutes)),
            busy=Range(*calendar.with_buffers(booked)),
            status=booked.status,
            hold_expires_at=booked.held_until,
            amount_minor=6000,
            currency="EUR",
            coach_time_zone=calendar.zone,
            client_time_zone="UTC",
            policy={"tiers": [], "client_notice_minutes": 0, "coach_notice_minutes": 0},
        )
        for booked in calendar.bookings
    ]
