"""When a coach works: weekly hours, other hours by date, stays in other time zones."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy.dialects.postgresql import Range

from app.coaches.availability_schemas import Availability, Hours, HoursOfDate, StayAbroad
from app.coaches.models import Coach, DateOverride, Stay, WeeklyHours, lock_own
from app.extensions import db, now
from app.problems import Invalid


def replace(coach: Coach, wish: Availability) -> Coach:
    """Replace the weekly hours, and the overrides and stays that are sent. Raises Invalid where they overlap.

    Overrides and stays that are over are not kept.
    """
    _check(wish)
    lock_own(coach)  # of two replacements at once one stays, and not a mixture
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
    db.session.flush()  # rows go before others come: no date may have two
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
    """The oldest date whose hours may still run on somewhere, past midnight and far west."""
    return now().date() - timedelta(days=2)


def _check(wish: Availability) -> None:
    for day in {hours.weekday for hours in wish.weekly}:
        of_day = {index: hours for index, hours in enumerate(wish.weekly) if hours.weekday == day}
        _check_hours("/weekly", of_day)
    overrides = wish.overrides or []
    for index, override in enumerate(overrides):
        _check_hours(f"/overrides/{index}/hours", dict(enumerate(override.hours)))
        if override.date in {other.date for other in overrides[:index]}:
            raise Invalid(f"/overrides/{index}/date", "is there twice; give all its hours together")
    _check_stays(wish.stays or [])


def _check_hours(pointer: str, ranges: Mapping[int, Hours]) -> None:
    """The ranges of one day, by their index in the list that was sent."""
    seen: list[Hours] = []
    for index, hours in ranges.items():
        if any(hours.overlaps(other) for other in seen):
            raise Invalid(f"{pointer}/{index}", "overlaps other hours of the same day")
        seen.append(hours)


def _check_stays(stays: Sequence[StayAbroad]) -> None:
    for index, stay in enumerate(stays):
        for other in stays[:index]:
            if stay.first_date <= other.last_date and other.first_date <= stay.last_date:
                raise Invalid(f"/stays/{index}", "overlaps another stay")
