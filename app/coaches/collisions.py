"""Booked sessions that conflict with a change of the coach's calendar. They stay booked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.coaches import intervals
from app.coaches.availability_schemas import Collision
from app.coaches.calendar_query import CalendarQuery
from app.coaches.models import Coach
from app.extensions import db

_BOOKED = text("""
SELECT id, lower(period) AS session_datetime, upper(period) AS end_datetime, status FROM booking
WHERE coach_id = :coach_id
  AND busy && tstzrange(:since, :until ::timestamptz) AND period && tstzrange(:since, :until ::timestamptz)
  AND (status = 'confirmed' OR status = 'pending' AND hold_expires_at > :at)
ORDER BY period
""")


def within(coach: Coach, since: datetime, until: datetime, at: datetime) -> list[Collision]:
    """The sessions that overlap a time range, in order of start."""
    return [_view(row) for row in _booked(coach, since, until, at)]


def outside_hours(coach: Coach, at: datetime) -> list[Collision]:
    """Upcoming sessions outside the coach's hours (time off aside), in order of start."""
    coming = _booked(coach, at, None, at)
    if not coming:
        return []
    query = CalendarQuery(coach.id, coach.time_zone, coming[0].session_datetime, coming[-1].end_datetime, at)
    rules, _ = query.answer()
    hours = rules.hours(query.first, query.last)
    return [
        _view(row) for row in coming if not intervals.covers(hours, (row.session_datetime, row.end_datetime))
    ]


def _view(row: Row[Any]) -> Collision:
    return Collision(id=row.id, session_datetime=row.session_datetime, status=row.status)


def _booked(coach: Coach, since: datetime, until: datetime | None, at: datetime) -> Sequence[Row[Any]]:
    """Pending and confirmed sessions that overlap [since, until), in order of start."""
    asked = {"coach_id": coach.id, "since": since, "until": until, "at": at}
    return db.session.execute(_BOOKED, asked).all()
