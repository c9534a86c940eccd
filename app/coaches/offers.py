"""What a client can book at a start: the time with its buffers, and the price."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy.dialects.postgresql import Range

from app.coaches import slots
from app.coaches.models import Coach
from app.coaches.pricing import price
from app.http.problems import Faults, Invalid
from app.http.schema_types import counted
from app.money.money import Money


@dataclass(frozen=True)
class TimeRange:
    """A session's length at one start, with the buffers its coach keeps around it."""

    start: datetime
    minutes: int
    period: Range[datetime]
    busy: Range[datetime]

    @classmethod
    def of(cls, coach: Coach, start: datetime, minutes: int) -> Self:
        end = start + timedelta(minutes=minutes)
        before, after = coach.buffer_before_minutes, coach.buffer_after_minutes
        busy = Range(start - timedelta(minutes=before), end + timedelta(minutes=after))
        return cls(start, minutes, Range(start, end), busy)


@dataclass(frozen=True)
class Offer:
    """A free time, and what a session then costs."""

    time: TimeRange
    price: Money


def find(coach: Coach, start: datetime, minutes: int, at: datetime) -> Offer | None:
    """The coach's offer at this start, as of `at`; None if the time is taken or outside the hours.

    Raises Invalid for a length or a price that cannot be booked, and outside the notice and the horizon.
    """
    faults = Faults()
    with faults.gathered():
        amount = price(coach, minutes)
    with faults.gathered():
        check_window(coach, start, at)
    faults.check()
    return (
        Offer(TimeRange.of(coach, start, minutes), amount)
        if slots.is_free(coach, start, minutes, at)
        else None
    )


def check_window(coach: Coach, start: datetime, at: datetime) -> None:
    """Raises Invalid for a start that is past, or outside of the coach's notice and horizon."""
    window = slots.Window.of(coach, at)
    if start <= at:
        raise Invalid("/session_datetime", "must lie in the future")
    if start < window.opens:
        notice = counted(coach.minimum_notice_minutes, "minute")
        raise Invalid("/session_datetime", f"is too soon: {coach.name} takes bookings {notice} ahead or more")
    if start >= window.closes:
        horizon = counted(coach.horizon_days, "day")
        raise Invalid("/session_datetime", f"is too far: {coach.name} takes bookings up to {horizon} ahead")
