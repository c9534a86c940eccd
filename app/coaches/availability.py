"""A coach's availability: weekly hours, overrides by date, and stays in other time zones."""

from datetime import date, timedelta

from sqlalchemy.dialects.postgresql import Range

from app.coaches.availability_schemas import Availability, HoursOfDate, StayAbroad
from app.coaches.models import Coach, DateOverride, Stay, WeeklyHours, lock_own
from app.extensions import db, now


def replace(coach: Coach, wish: Availability) -> Coach:
    """Replace the weekly hours, and the overrides and stays if they are sent.

    Past overrides and stays are not stored.
    """
    lock_own(coach)  # two concurrent replacements must not mix
    coach.weekly_hours = [
        WeeklyHours(weekday=hours.weekday, start_time=hours.start_time, end_time=hours.end_time)
        for hours in wish.weekly
    ]
    if wish.overrides is not None:
        _replace_overrides(coach, wish.overrides)
    if wish.stays is not None:
        _replace_stays(coach, wish.stays)
    coach.updated_at = now()
    db.session.flush()
    return coach


def _replace_overrides(coach: Coach, wishes: list[HoursOfDate]) -> None:
    coach.overrides = []
    db.session.flush()  # delete before insert: the constraint allows one override a date
    coach.overrides = [
        DateOverride(local_date=wish.date, hours=[hours.model_dump(mode="json") for hours in wish.hours])
        for wish in sorted(wishes, key=lambda wish: wish.date)
        if wish.date >= _oldest_that_matters()
    ]


def _replace_stays(coach: Coach, wishes: list[StayAbroad]) -> None:
    coach.stays = []
    db.session.flush()
    coach.stays = [
        Stay(dates=Range(wish.first_date, wish.last_date + timedelta(days=1)), time_zone=wish.time_zone)
        for wish in sorted(wishes, key=lambda wish: wish.first_date)
        if wish.last_date >= _oldest_that_matters()
    ]


def _oldest_that_matters() -> date:
    """The earliest date whose hours may still be running in some time zone (past midnight, far west)."""
    return now().date() - timedelta(days=2)
