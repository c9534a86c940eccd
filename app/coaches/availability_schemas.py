"""Request and response models for weekly hours, overrides, stays and time off, in wall-clock time."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NaiveDatetime,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from app import parsing
from app.coaches.models import Coach, DateOverride, Stay, TimeOff, Weekday, WeeklyHours
from app.http.pagination import Cursor
from app.http.schema_types import WHOLE, Body, Day, Instant, Line, TimeZone, View, refuse

_YEARS = range(2000, 2200)
OVERLAPS = "must not overlap other hours of the same day"


def _weekday(name: object) -> object:
    if isinstance(name, Weekday):
        return name
    if not isinstance(name, str) or name.upper() not in Weekday.__members__:
        raise ValueError("must be a day of the week such as monday")
    return Weekday[name.upper()]


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
    BeforeValidator(parsing.clock_time),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}),
]
LocalDate = Annotated[Day, AfterValidator(_of_our_days)]
LocalDateTime = Annotated[
    NaiveDatetime,
    BeforeValidator(parsing.local_datetime),
    AfterValidator(_of_our_days),
    PlainSerializer(lambda at: at.isoformat(timespec="minutes"), return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 19, "examples": ["2026-12-24T00:00"]}),
]


class Hours(Body):
    """A range of one day; it runs past midnight if it ends at or before its start."""

    start_time: LocalTime
    end_time: LocalTime

    def overlaps(self, other: "Hours") -> bool:
        """Whether both ranges overlap when they begin on the same day."""
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
    """The hours of one date, in place of its weekday's. An empty list closes the day."""

    date: LocalDate
    hours: Annotated[list[Hours], Field(max_length=20)]

    @classmethod
    def of(cls, override: DateOverride) -> Self:
        return cls.model_validate({"date": override.local_date, "hours": override.hours})


class StayAbroad(Body):
    """Dates (both ends included) on which the coach's hours follow another time zone."""

    first_date: LocalDate
    last_date: LocalDate
    time_zone: TimeZone

    @field_validator("last_date")
    @classmethod
    def _is_not_before(cls, last_date: date, info: ValidationInfo) -> date:
        if last_date < info.data.get("first_date", last_date):
            raise ValueError("must not be before first_date")
        return last_date

    def overlaps(self, other: "StayAbroad") -> bool:
        return self.first_date <= other.last_date and other.first_date <= self.last_date

    @classmethod
    def of(cls, stay: Stay) -> Self:
        assert stay.dates.lower
        assert stay.dates.upper
        last = stay.dates.upper - timedelta(days=1)
        return cls(first_date=stay.dates.lower, last_date=last, time_zone=stay.time_zone)


class Availability(Body):
    """Hours belong to the day on which they begin. Omit `overrides` or `stays` to keep them."""

    weekly: Annotated[list[HoursOfDay], Field(max_length=100)]
    overrides: Annotated[list[HoursOfDate] | None, Field(max_length=400)] = None
    stays: Annotated[list[StayAbroad] | None, Field(max_length=50)] = None

    @field_validator("weekly")
    @classmethod
    def _hours_do_not_overlap(cls, weekly: list[HoursOfDay]) -> list[HoursOfDay]:
        for_each_day = (
            [(at, hours) for at, hours in enumerate(weekly) if hours.weekday == day] for day in Weekday
        )
        refuse("weekly", [((at,), OVERLAPS) for day in for_each_day for at in _overlapping(day)])
        return weekly

    @field_validator("overrides")
    @classmethod
    def _dates_are_there_once(cls, overrides: list[HoursOfDate] | None) -> list[HoursOfDate] | None:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for index, override in enumerate(overrides or []):
            overlapping = _overlapping(list(enumerate(override.hours)))
            faults += [((index, "hours", at), OVERLAPS) for at in overlapping]
            if override.date in {other.date for other in (overrides or [])[:index]}:
                faults.append(((index, "date"), "occurs twice: list all hours of the date in one override"))
        refuse("overrides", faults)
        return overrides

    @field_validator("stays")
    @classmethod
    def _stays_do_not_overlap(cls, stays: list[StayAbroad] | None) -> list[StayAbroad] | None:
        numbered = list(enumerate(stays or []))
        again = [at for at, stay in numbered if any(stay.overlaps(other) for _, other in numbered[:at])]
        refuse("stays", [((at,), "must not overlap another stay") for at in again])
        return stays


def _overlapping(of_one_day: Sequence[tuple[int, Hours]]) -> list[int]:
    """Indexes of the ranges that overlap an earlier one."""
    return [
        at
        for place, (at, hours) in enumerate(of_one_day)
        if any(hours.overlaps(other) for _, other in of_one_day[:place])
    ]


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


class Collision(View):
    """A pending or confirmed session that conflicts with a change of the calendar. It stays booked."""

    id: UUID
    session_datetime: Instant
    status: str


class AvailabilityWithCollisions(AvailabilityView):
    collides_with: list[Collision]
    """Upcoming booked sessions outside these hours."""

    @classmethod
    def having(cls, coach: Coach, collisions: list[Collision]) -> Self:
        shown = AvailabilityView.of(coach)
        return cls(
            **{name: getattr(shown, name) for name in AvailabilityView.model_fields}, collides_with=collisions
        )


class TimeOffRequest(Body):
    """Wall-clock times in the zone in force at each end. An end at midnight belongs to the day before."""

    local_start: LocalDateTime
    local_end: LocalDateTime
    reason: Annotated[Line, Field(max_length=200)] = ""

    @field_validator("local_end")
    @classmethod
    def _is_after(cls, local_end: datetime, info: ValidationInfo) -> datetime:
        if "local_start" in info.data and local_end <= info.data["local_start"]:
            raise ValueError("must be after local_start")
        return local_end


class TimeOffSearch(Body):
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    cursor: Cursor | None = None


class TimeOffView(View):
    id: UUID
    local_start: LocalDateTime
    local_end: LocalDateTime
    reason: str


class NewTimeOffView(TimeOffView):
    collides_with: list[Collision]

    @classmethod
    def of(cls, period: TimeOff, collisions: list[Collision]) -> Self:
        return cls(**TimeOffView.model_validate(period).model_dump(), collides_with=collisions)


class TimeOffList(View):
    items: list[TimeOffView]
    next_cursor: str | None
