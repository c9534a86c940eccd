"""Weekly hours, other hours by date, stays and time off, as sent and shown: all in wall-clock time."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NaiveDatetime,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from app.coaches.models import Coach, DateOverride, Stay, TimeOff, Weekday, WeeklyHours
from app.fields import Body, Instant, Line, TimeZone, View

_LOCAL_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:00)?")
_YEARS = range(2000, 2200)


def _weekday(name: object) -> object:
    if isinstance(name, Weekday):
        return name
    if not isinstance(name, str) or name.upper() not in Weekday.__members__:
        raise ValueError("must be a day of the week such as monday")
    return Weekday[name.upper()]


def _whole_minute(at: time) -> time:
    if at.tzinfo or at.second or at.microsecond:
        raise ValueError("must be a local time in whole minutes such as 09:00")
    return at


def _written_out(at: object) -> object:
    if not isinstance(at, datetime) and not _LOCAL_MINUTE.fullmatch(str(at)):
        raise ValueError("must be a local time without an offset such as 2026-12-24T00:00")
    return at


def _of_our_days(on: date) -> date:
    if on.year not in _YEARS:
        raise ValueError(f"must be in a year from {_YEARS[0]} to {_YEARS[-1]}")
    return on


DayName = Annotated[
    Weekday,
    BeforeValidator(_weekday),
    PlainSerializer(lambda day: day.name.lower(), return_type=str),
    WithJsonSchema({"type": "string", "enum": [day.name.lower() for day in Weekday]}),
]
LocalTime = Annotated[
    time,
    AfterValidator(_whole_minute),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}),
]
LocalDate = Annotated[date, AfterValidator(_of_our_days)]
LocalDateTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_written_out),
    AfterValidator(_of_our_days),
    PlainSerializer(lambda at: at.isoformat(timespec="minutes"), return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 19, "examples": ["2026-12-24T00:00"]}),
]


class Hours(Body):
    """A range of one day; it runs past midnight if it ends at or before its start."""

    start_time: LocalTime
    end_time: LocalTime

    def overlaps(self, other: "Hours") -> bool:
        """On one and the same day."""
        return self._start < other._end and other._start < self._end

    @property
    def _start(self) -> timedelta:
        return timedelta(hours=self.start_time.hour, minutes=self.start_time.minute)

    @property
    def _end(self) -> timedelta:
        end = timedelta(hours=self.end_time.hour, minutes=self.end_time.minute)
        return end if end > self._start else end + timedelta(days=1)


class HoursOfDay(Hours):
    weekday: DayName

    @classmethod
    def of(cls, hours: WeeklyHours) -> Self:
        return cls(weekday=Weekday(hours.weekday), start_time=hours.start_time, end_time=hours.end_time)


class HoursOfDate(Body):
    """The hours of one date instead of its weekday's; none: closed."""

    date: LocalDate
    hours: Annotated[list[Hours], Field(max_length=20)]

    @classmethod
    def of(cls, override: DateOverride) -> Self:
        return cls.model_validate({"date": override.local_date, "hours": override.hours})


class StayAbroad(Body):
    """Dates, the first and the last among them, on which the hours are those of another zone's clocks."""

    first_date: LocalDate
    last_date: LocalDate
    time_zone: TimeZone

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_date < self.first_date:
            raise ValueError("last_date must not be before first_date")
        return self

    @classmethod
    def of(cls, stay: Stay) -> Self:
        assert stay.dates.lower
        assert stay.dates.upper
        last = stay.dates.upper - timedelta(days=1)
        return cls(first_date=stay.dates.lower, last_date=last, time_zone=stay.time_zone)


class Availability(Body):
    """Hours belong to the day on which they begin. `overrides` or `stays` left out stay as they are."""

    weekly: Annotated[list[HoursOfDay], Field(max_length=100)]
    overrides: Annotated[list[HoursOfDate] | None, Field(max_length=400)] = None
    stays: Annotated[list[StayAbroad] | None, Field(max_length=50)] = None


class AvailabilityView(View):
    time_zone: str
    weekly: list[HoursOfDay]
    overrides: list[HoursOfDate]
    stays: list[StayAbroad]

    @classmethod
    def of(cls, coach: Coach) -> Self:
        return cls(
            time_zone=coach.time_zone,
            weekly=[HoursOfDay.of(hours) for hours in coach.weekly_hours],
            overrides=[HoursOfDate.of(override) for override in coach.overrides],
            stays=[StayAbroad.of(stay) for stay in coach.stays],
        )


class TimeOffRequest(Body):
    """Wall-clock times of the zone in force at each end; an end at midnight ends the day before it."""

    local_start: LocalDateTime
    local_end: LocalDateTime
    reason: Annotated[Line, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.local_end <= self.local_start:
            raise ValueError("local_end must be after local_start")
        return self


class TimeOffSearch(Body):
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=300)] = None


class TimeOffView(View):
    id: UUID
    local_start: LocalDateTime
    local_end: LocalDateTime
    reason: str


class Collision(View):
    """A pending or confirmed session within the time off. It is not cancelled by it."""

    id: UUID
    session_datetime: Instant
    status: str


class NewTimeOffView(TimeOffView):
    collides_with: list[Collision]

    @classmethod
    def of(cls, period: TimeOff, collisions: list[Collision]) -> Self:
        return cls(**TimeOffView.model_validate(period).model_dump(), collides_with=collisions)


class TimeOffList(View):
    items: list[TimeOffView]
    next_cursor: str | None
