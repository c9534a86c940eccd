"""Field types of request and response models."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar
from unicodedata import category
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
)

from app import parsing, time_zones
from app.parsing import MAX_AMOUNT
from app.unicode_text import (
    MAX_MARKS,
    has_hidden_characters,
    has_too_many_marks,
    is_visible,
    normalize,
    remove_direction_marks,
)

_WEB_ADDRESS = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[^\s\x00-\x1f\x7f@\\{}\[\]/?#:]+)(:[0-9]{1,5})?([/?#][^\s\x00-\x1f\x7f\\]*)?",
    re.IGNORECASE,
)
"""A URL that all programs read alike: no user before the host, no backslash, no blank."""
OUR_YEARS = range(2000, 2200)
"""Years far from both ends of the calendar, where adding a day or an offset would overflow."""
_CONTROLS = frozenset({"Cc", "Cs"})
"""Control characters and lone surrogates, which JSON allows and PostgreSQL cannot store."""
MAX_MAJOR_UNITS = 10**12


def _zone(name: str) -> str:
    if not time_zones.is_known(name):
        raise ValueError("must be an IANA time zone such as Europe/Paris")
    return name


def _visible_name(name: str) -> str:
    name = remove_direction_marks(name)
    if has_hidden_characters(name):
        raise ValueError("must not contain invisible formatting characters")
    if name and not is_visible(name):
        raise ValueError("must contain at least one visible character")
    return name


def _printable(text: str) -> str:
    if any(category(character) in _CONTROLS and character not in "\n\t" for character in text):
        raise ValueError("must not contain control characters")
    return text


def _one_line(text: str) -> str:
    if "\t" in text or len(text.splitlines()) > 1:
        raise ValueError("must be one line")
    return text


def web_address(url: str) -> str:
    """The URL, unchanged. Raises ValueError unless it is an unambiguous http(s) URL."""
    if not _WEB_ADDRESS.fullmatch(url):
        raise ValueError("must be an http(s) URL such as https://example.com/page, without a user name")
    return url


def counted(count: int, noun: str) -> str:
    """1 day, 7 days"""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def instant_text(at: datetime) -> str:
    """2026-12-01T14:00:00Z"""
    return at.astimezone(UTC).isoformat()[:19] + "Z"


Date = TypeVar("Date", bound=date)


def _date_or(value: object, read_instant: ValidatorFunctionWrapHandler) -> date:
    """A plain date stays a date: the caller of the parser knows its time zone."""
    if parsing.is_like_a_date(value):
        return _of_our_days(parsing.calendar_date(value))
    at: datetime = read_instant(value)
    return at


def _of_our_days(at: Date) -> Date:
    if at.year not in OUR_YEARS:
        raise ValueError(f"must be in a year from {OUR_YEARS[0]} to {OUR_YEARS[-1]}")
    return at


def _by_utc(at: datetime) -> datetime:
    """The instant in UTC: PostgreSQL does not read offsets of 16 hours or more, which RFC 3339 allows."""
    return at.astimezone(UTC)


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Text = Annotated[
    str, AfterValidator(normalize), StringConstraints(strip_whitespace=True), AfterValidator(_printable)
]
"""Text in normalised Unicode (NFC); CR and CRLF become LF."""
Line = Annotated[Text, AfterValidator(_one_line)]
VisibleName = Annotated[Line, AfterValidator(_visible_name)]
"""A single line of visible text, without hidden characters."""
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(parsing.instant),
    AfterValidator(_of_our_days),
    AfterValidator(_by_utc),
    PlainSerializer(
        instant_text, return_type=Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
    ),
]
"""An instant. Input with any offset, output in UTC; a time without an offset is refused."""
InstantOrDate = Annotated[
    Instant,
    WrapValidator(_date_or),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    ),
]
"""An instant, or a plain date for `time_zones.start_of` and `end_of`."""
Flag = Annotated[bool, BeforeValidator(parsing.true_or_false)]
Identifier = Annotated[UUID, BeforeValidator(parsing.uuid)]
Day = Annotated[date, BeforeValidator(parsing.calendar_date)]
Month = Annotated[date, BeforeValidator(parsing.calendar_month)]
"""Strict input types: one notation for each kind."""
WHOLE = BeforeValidator(parsing.whole_number)
"""For `int` input. It follows the bounds, or the OpenAPI description would lose them."""
Major = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": "number"}),
]
"""An amount in the currency's major unit, a JSON number."""
AnyAmount = Annotated[
    Decimal,
    BeforeValidator(parsing.decimal_number),
    Field(gt=-MAX_MAJOR_UNITS, lt=MAX_MAJOR_UNITS, max_digits=12),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": -MAX_MAJOR_UNITS, "exclusiveMaximum": MAX_MAJOR_UNITS},
                {"type": "string", "maxLength": MAX_AMOUNT},
            ]
        }
    ),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(parsing.decimal_number),
    Field(gt=0, lt=MAX_MAJOR_UNITS, max_digits=12),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": MAX_MAJOR_UNITS},
                {"type": "string", "maxLength": MAX_AMOUNT},
            ]
        }
    ),
]
"""An amount in the currency's major unit as input: a number, or the same as text."""


def refuse(title: str, faults: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise all faults as one ValidationError, for validators of compound values.

    Each fault is the path to a part of the validated value, and what is wrong with it.
    """
    told = list(faults)
    if told:
        raise ValidationError.from_exception_data(
            title,
            [
                {"type": "value_error", "loc": way, "input": ..., "ctx": {"error": ValueError(wrong)}}
                for way, wrong in told
            ],
        )


class Body(BaseModel):
    """Base of request models. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_worked_on(cls, value: object) -> object:
        """Refuse NUL and lone surrogates, which JSON allows and PostgreSQL cannot store.

        Runs before any normalisation.
        """
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str):
                continue
            if any(at == "\0" or category(at) == "Cs" for at in text):
                raise ValueError("must not contain NUL or a lone surrogate")
            if has_too_many_marks(text):
                raise ValueError(f"must not have more than {MAX_MARKS} marks on one letter")
        return value


class View(BaseModel):
    """Base of response models, read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)
