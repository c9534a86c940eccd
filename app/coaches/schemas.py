from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from app.coaches.models import Coach, Weekday, WeeklyHours
from app.fields import Body, Instant, Line, Major, Text, TimeZone, View
from app.money import CURRENCIES, Money

MOST_DAYS = 62


def _weekday(name: object) -> object:
    if isinstance(name, Weekday):
        return name
    if not isinstance(name, str) or name.upper() not in Weekday.__members__:
        raise ValueError("must be a day of the week such as monday")
    return Weekday[name.upper()]


DayName = Annotated[
    Weekday,
    BeforeValidator(_weekday),
    PlainSerializer(lambda day: day.name.lower(), return_type=str),
    WithJsonSchema({"type": "string", "enum": [day.name.lower() for day in Weekday]}),
]
LocalTime = Annotated[time, PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str)]
Minutes = Annotated[int, Field(ge=5, le=480, multiple_of=5)]


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("must be the upper-case ISO code of a currency that Stripe charges, such as EUR")
    return code


Currency = Annotated[str, AfterValidator(_known_currency)]


class CoachSearch(Body):
    q: Annotated[str | None, Field(max_length=100)] = None
    language: Annotated[str | None, Field(max_length=35)] = None
    currency: Currency | None = None
    max_rate: Annotated[Decimal | None, Field(gt=0, max_digits=12)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=300)] = None


class SlotSearch(Body):
    since: Annotated[Instant, Field(alias="from")]
    until: Annotated[Instant, Field(alias="to")]
    duration_minutes: Minutes
    time_zone: TimeZone | None = None

    @model_validator(mode="after")
    def _is_a_short_span(self) -> Self:
        if not timedelta() < self.until - self.since <= timedelta(days=MOST_DAYS):
            raise ValueError(f"`to` must be after `from`, by {MOST_DAYS} days at most")
        return self


class CoachChange(Body):
    headline: Annotated[Line | None, Field(max_length=160)] = None
    bio: Annotated[Text | None, Field(max_length=5000)] = None
    languages: Annotated[
        list[Annotated[Line, Field(min_length=2, max_length=35)]] | None, Field(max_length=20)
    ] = None
    hourly_rate: Annotated[Decimal | None, Field(gt=0, max_digits=12)] = None
    currency: Currency | None = None
    durations: Annotated[list[Minutes] | None, Field(min_length=1, max_length=10)] = None
    time_zone: TimeZone | None = None
    buffer_before_minutes: Annotated[int | None, Field(ge=0, le=240)] = None
    buffer_after_minutes: Annotated[int | None, Field(ge=0, le=240)] = None
    minimum_notice_minutes: Annotated[int | None, Field(ge=0, le=60 * 24 * 30)] = None
    horizon_days: Annotated[int | None, Field(ge=1, le=366)] = None
    slot_step_minutes: Annotated[int | None, Field(ge=5, le=240, multiple_of=5)] = None
    video_url: Annotated[AnyHttpUrl | None, Field(max_length=500)] = None

    @field_validator("*")
    @classmethod
    def _clears_only_the_video_link(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name != "video_url":
            raise ValueError("must not be null; leave the field out to keep its value")
        return value


class CoachView(View):
    id: UUID
    name: str
    headline: str
    bio: str
    languages: list[str]
    hourly_rate: Major | None
    hourly_rate_minor: int | None
    currency: str
    durations: list[int]
    time_zone: str

    @classmethod
    def of(cls, coach: Coach) -> Self:
        return cls(**cls.values(coach))

    @classmethod
    def values(cls, coach: Coach) -> dict[str, Any]:
        rate = coach.hourly_rate
        plain = {field: getattr(coach, field) for field in cls.model_fields if field != "hourly_rate"}
        return plain | {"hourly_rate": rate.major if rate else None}


class OwnCoachView(CoachView):
    """What only the coach sees of the own profile, besides what everybody sees."""

    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int
    video_url: str | None


class CoachList(View):
    items: list[CoachView]
    next_cursor: str | None


class HoursOfDay(Body):
    weekday: DayName
    start_time: LocalTime
    end_time: LocalTime

    @field_validator("start_time", "end_time")
    @classmethod
    def _is_a_local_minute(cls, value: time) -> time:
        if value.tzinfo or value.second or value.microsecond:
            raise ValueError("must be a local time in whole minutes such as 09:00")
        return value

    @classmethod
    def of(cls, hours: WeeklyHours) -> Self:
        return cls(weekday=Weekday(hours.weekday), start_time=hours.start_time, end_time=hours.end_time)


class Availability(Body):
    """Local wall-clock hours in `time_zone`; a range that ends at or before its start runs past midnight."""

    weekly: Annotated[list[HoursOfDay], Field(max_length=100)]


class AvailabilityView(Availability):
    time_zone: str


class Slot(View):
    start: Instant
    end: Instant
    local_start: str
    """Wall-clock time with its offset in the zone asked for."""
    amount: Major
    amount_minor: int
    currency: str

    @classmethod
    def of(cls, start: datetime, duration_minutes: int, zone: ZoneInfo, price: Money) -> Self:
        return cls(
            start=start,
            end=start + timedelta(minutes=duration_minutes),
            local_start=start.astimezone(zone).isoformat(),
            amount=price.major,
            amount_minor=price.amount,
            currency=price.currency,
        )


class SlotList(View):
    time_zone: str
    items: list[Slot]
