"""Strict parsing of numbers, dates, times and ids as JSON and RFC 3339 write them.

Python accepts more: 1_0 and full-width digits as numbers, seconds since 1970 as dates, `yes` as true. Two
programs may read such a value differently, so each function raises ValueError that says what is expected.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

Value = TypeVar("Value")

MAX_AMOUNT = 24
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::00)?")
_LOCAL = re.compile(f"{_DATE.pattern}T{_TIME.pattern}")
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_INSTANT = re.compile(rf"{_DATE.pattern}[Tt ]{_CLOCK}([Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})")
_LOST_PLUS = re.compile(rf"{_DATE.pattern}[Tt ]{_CLOCK} [0-9]{{2}}:?[0-9]{{2}}")


def is_like_a_uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


def whole_number(value: object) -> int:
    """60, 60.0 or "60"."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ValueError("must be a whole number in plain digits, such as 60")


def decimal_number(value: object) -> Decimal:
    """A decimal: 75, 75.5, or the same as text. A JSON number may have an exponent; a text may not."""
    if isinstance(value, int | float | str | Decimal) and len(str(value)) > MAX_AMOUNT:
        raise ValueError(f"must be a number of at most {MAX_AMOUNT} characters")
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value):
        return Decimal(str(value))
    raise ValueError("must be a number in plain digits, such as 75 or 75.50")


def true_or_false(value: object) -> bool:
    """A boolean: of JSON, or the same word in a query."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise ValueError("must be true or false")


def uuid(value: object) -> UUID:
    """A UUID as RFC 9562 writes it: hyphens, no braces, no prefix."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise ValueError("must be a UUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6")


def is_like_a_date(value: object) -> bool:
    """Whether the text is a plain date, not an instant."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def calendar_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _existing(value, date.fromisoformat)
    raise ValueError("must be a date such as 2026-12-24")


def calendar_month(value: object) -> date:
    """The first day of a month."""
    try:
        return calendar_date(f"{value}-01")
    except ValueError:
        raise ValueError("must be a month such as 2026-12") from None


def clock_time(value: object) -> time:
    """A local time in whole minutes."""
    if isinstance(value, time) and not (value.tzinfo or value.second or value.microsecond):
        return value
    if isinstance(value, str) and _TIME.fullmatch(value):
        return time.fromisoformat(value)
    raise ValueError("must be a local time in whole minutes such as 09:00, from 00:00 to 23:59")


def local_datetime(value: object) -> datetime:
    """A wall-clock time in whole minutes, without an offset."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _LOCAL.fullmatch(value):
        return _existing(value, datetime.fromisoformat)
    raise ValueError("must be a local time without an offset such as 2026-12-24T00:00")


def instant(value: object) -> datetime:
    """An instant, with any UTC offset."""
    if isinstance(value, datetime) and value.tzinfo:
        return value
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _existing(value.upper(), datetime.fromisoformat)
    if isinstance(value, str) and _LOST_PLUS.fullmatch(value):
        raise ValueError("must be a time with an offset; the + of one is written %2B in a query")
    raise ValueError("must be a time with an offset such as 2026-12-01T14:00:00Z")


def _existing(text: str, read: Callable[[str], Value]) -> Value:
    """Raises ValueError for well-formed text that is no date or time, such as 2027-02-29 or 25:00."""
    try:
        return read(text)
    except ValueError:
        raise ValueError("must be a day and an hour that the calendar has") from None
