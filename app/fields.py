"""The values that bodies, queries and answers are made of."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

_ZONES = frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError("must be an IANA time zone such as Europe/Paris")
    return name


def _printable(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise ValueError("must not contain control characters")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be one line")
    return text


def instant_text(at: datetime) -> str:
    """2026-12-01T14:00:00Z"""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _not_a_number(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("must be a time with an offset such as 2026-12-01T14:00:00Z")
    return value


TimeZone = Annotated[str, AfterValidator(_zone)]
Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]
Line = Annotated[Text, AfterValidator(_one_line)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_not_a_number),
    PlainSerializer(instant_text, return_type=str),
]
"""A moment. Any offset comes in, UTC goes out; one without an offset is refused."""
Major = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": "number"}),
]
"""An amount in the currency's major unit, a number in JSON."""


class Body(BaseModel):
    """What a caller sends. A field that we do not know is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """What we answer, read off a model's attributes."""

    model_config = ConfigDict(from_attributes=True)
