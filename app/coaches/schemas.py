import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
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
)

from app import parsing, time_zones
from app.coaches import listing
from app.coaches.availability_schemas import Collision
from app.coaches.models import STANDARD_POLICY, Approval, Coach, Missing
from app.http.pagination import Cursor
from app.http.schema_types import (
    WHOLE,
    Amount,
    Body,
    Instant,
    InstantOrDate,
    Line,
    Major,
    Text,
    TimeZone,
    View,
    VisibleName,
    instant_text,
    web_address,
)
from app.money.money import CURRENCIES, Money

MAX_DAYS = 62
TOO_FAR = f"must be after `from`, by {MAX_DAYS} days at most"
MAX_NOTICE = 60 * 24 * 30

MIN_SLUG, MAX_SLUG = 3, 60
_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")

Minutes = Annotated[int, Field(ge=5, le=480, multiple_of=5), WHOLE]


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("must be the upper-case ISO code of a currency that Stripe charges, such as EUR")
    return code


def _plain(url: object) -> object:
    return web_address(url) if isinstance(url, str) else url


def check_slug(slug: str) -> str:
    """The name of a coach's page, unchanged. Raises ValueError for one that no page can have."""
    is_a_name = MIN_SLUG <= len(slug) <= MAX_SLUG and _SLUG.fullmatch(slug)
    if not is_a_name or parsing.is_like_a_uuid(slug):
        raise ValueError(
            f"must have {MIN_SLUG} to {MAX_SLUG} lower-case letters, digits and single hyphens,"
            " such as ada-lovelace"
        )
    return slug


Slug = Annotated[
    str,
    AfterValidator(check_slug),
    WithJsonSchema(
        {"type": "string", "minLength": MIN_SLUG, "maxLength": MAX_SLUG, "pattern": f"^{_SLUG.pattern}$"}
    ),
]
Currency = Annotated[str, Field(max_length=3), AfterValidator(_known_currency)]


class CoachSearch(Body):
    q: Annotated[str | None, Field(max_length=100)] = None
    language: Annotated[Line | None, Field(max_length=35)] = None
    currency: Currency | None = None
    max_rate: Amount | None = None
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    cursor: Cursor | None = None

    @field_validator("max_rate")
    @classmethod
    def _is_in_a_currency(cls, most: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if most is None or "currency" not in info.data:
            return most
        if info.data["currency"] is None:
            raise ValueError("needs a currency: rates in different currencies cannot be compared")
        Money.of(most, info.data["currency"])
        return most

    @property
    def most(self) -> Money | None:
        return Money.of(self.max_rate, self.currency) if self.max_rate and self.currency else None


class SlotSearch(Body):
    since: Annotated[InstantOrDate, Field(alias="from")]
    until: Annotated[InstantOrDate, Field(alias="to")]
    duration_minutes: Minutes
    time_zone: TimeZone | None = None

    @field_validator("until")
    @classmethod
    def _is_soon_after(cls, until: date, info: ValidationInfo) -> date:
        """Checks the length of the range. A plain date counts in UTC here, with a tolerance of one day."""
        since: date | None = info.data.get("since")
        if since is None:
            return until
        utc = time_zones.zone("UTC")
        length = time_zones.end_of(until, utc) - time_zones.start_of(since, utc)
        is_exact = isinstance(until, datetime) is isinstance(since, datetime)
        slack = timedelta(0 if is_exact else 1)
        if not -slack < length <= timedelta(MAX_DAYS) + slack:
            raise ValueError(TOO_FAR)
        return until


class PriceOfLength(Body):
    duration_minutes: Minutes
    amount: Annotated[Amount, PlainSerializer(float, return_type=float)]


class RefundTier(Body):
    """A tier of the policy: cancel at least `hours_before` the start, get `refund_percent` back."""

    hours_before: Annotated[int, Field(ge=0, le=8760), WHOLE]
    refund_percent: Annotated[int, Field(ge=0, le=100), WHOLE]


class CancellationPolicy(Body):
    """Refund tiers for a client who cancels, and the notice for cancelling and rescheduling."""

    tiers: list[RefundTier] = Field(
        min_length=1,
        max_length=10,
        default_factory=lambda: [RefundTier(**tier) for tier in STANDARD_POLICY["tiers"]],
    )
    client_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE), WHOLE] = 0
    coach_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE), WHOLE] = 0

    @field_validator("tiers")
    @classmethod
    def _differ_in_hours(cls, tiers: list[RefundTier]) -> list[RefundTier]:
        """Earliest first."""
        if len({tier.hours_before for tier in tiers}) < len(tiers):
            raise ValueError("must each have a different hours_before")
        return sorted(tiers, key=lambda tier: -tier.hours_before)


class CoachChange(Body):
    slug: Slug | None = None
    headline: Annotated[VisibleName | None, Field(max_length=160)] = None
    bio: Annotated[Text | None, Field(max_length=5000)] = None
    languages: Annotated[
        list[Annotated[VisibleName, Field(min_length=2, max_length=35)]] | None, Field(max_length=20)
    ] = None
    hourly_rate: Amount | None = None
    currency: Currency | None = None
    durations: Annotated[list[Minutes] | None, Field(min_length=1, max_length=10)] = None
    prices: Annotated[list[PriceOfLength] | None, Field(max_length=10)] = None
    time_zone: TimeZone | None = None
    buffer_before_minutes: Annotated[int, Field(ge=0, le=240), WHOLE] | None = None
    buffer_after_minutes: Annotated[int, Field(ge=0, le=240), WHOLE] | None = None
    minimum_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE), WHOLE] | None = None
    horizon_days: Annotated[int, Field(ge=1, le=366), WHOLE] | None = None
    slot_step_minutes: Annotated[int, Field(ge=5, le=240, multiple_of=5), WHOLE] | None = None
    max_per_day: Annotated[int, Field(ge=1, le=100), WHOLE] | None = None
    cancellation_policy: CancellationPolicy | None = None
    video_url: Annotated[AnyHttpUrl | None, Field(max_length=500), BeforeValidator(_plain)] = None

    @field_validator("*")
    @classmethod
    def _clears_only_what_may_be_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in {"max_per_day", "video_url"}:
            raise ValueError("must not be null; leave the field out to keep its value")
        return value


class SessionPrice(View):
    """What a session of one offered length costs."""

    duration_minutes: int
    amount: Major
    amount_minor: int
    currency: str

    @classmethod
    def of(cls, duration_minutes: int, price: Money) -> Self:
        return cls(
            duration_minutes=duration_minutes,
            amount=price.major,
            amount_minor=price.amount,
            currency=price.currency,
        )


class CoachView(View):
    id: UUID
    slug: str | None
    """The name of the coach's page: `/coach/{slug}` in a browser."""
    name: str
    headline: str
    bio: str
    languages: list[str]
    hourly_rate: Major | None
    hourly_rate_minor: int | None
    currency: str
    durations: list[int]
    session_prices: list[SessionPrice]
    time_zone: str
    cancellation_policy: CancellationPolicy

    @classmethod
    def of(cls, coach: Coach) -> Self:
        return cls(**cls.values(coach))

    @classmethod
    def values(cls, coach: Coach) -> dict[str, Any]:
        rate = coach.hourly_rate
        made = {
            "hourly_rate": rate.major if rate else None,
            "session_prices": [SessionPrice.of(minutes, price) for minutes, price in coach.session_prices],
            "prices": [
                PriceOfLength(duration_minutes=minutes, amount=price.major)
                for minutes, price in sorted(coach.own_prices.items())
            ],
            "listed": coach.is_listed,
            "to_be_listed": [StepView.model_validate(step) for step in listing.steps(coach)],
        }
        return {field: made[field] if field in made else getattr(coach, field) for field in cls.model_fields}


class StepView(View):
    """A step that is left until a coach is listed."""

    missing: Missing
    what_to_do: str


class OwnCoachView(CoachView):
    """The coach's own view of the profile: the public fields and the private ones."""

    listed: bool
    """Whether clients see the coach and can book. Existing bookings do not depend on it."""
    approval: Approval
    to_be_listed: list[StepView]
    """The steps that are left; empty once the coach is listed."""

    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int
    max_per_day: int | None
    prices: list[PriceOfLength]
    video_url: str | None


class CoachWithCollisions(OwnCoachView):
    collides_with: Annotated[list[Collision] | None, Field(exclude_if=lambda named: named is None)] = None
    """Upcoming sessions outside the hours; present if the time zone was sent."""

    @classmethod
    def having(cls, coach: Coach, collisions: list[Collision] | None) -> Self:
        return cls(**OwnCoachView.values(coach), collides_with=collisions)


class CoachList(View):
    items: list[CoachView]
    next_cursor: str | None


class Slot(View):
    start: Instant
    end: Instant
    local_start: str
    """Local time with its UTC offset, in the requested zone."""
    amount: Major
    amount_minor: int
    currency: str

    @staticmethod
    def json_values(
        starts: Sequence[datetime], duration_minutes: int, zone: ZoneInfo, price: Money
    ) -> list[dict[str, Any]]:
        """Slots as JSON values. An instance for each of hundreds would take half of the request's time."""
        length = timedelta(minutes=duration_minutes)
        same = {"amount": float(price.major), "amount_minor": price.amount, "currency": price.currency}
        return [
            {
                "start": instant_text(start),
                "end": instant_text(start + length),
                "local_start": start.astimezone(zone).isoformat(),
                **same,
            }
            for start in starts
        ]


class SlotList(View):
    time_zone: str
    items: list[Slot]
    next_from: Instant | None
    """If there are more starts than one answer holds: the `from` of the next request."""
