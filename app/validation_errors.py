"""Validation errors: the place of a bad value, and a sentence that says what is expected.

The sentences are ours: pydantic's are for programmers and change with its versions.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

MAX_STEP = 100
"""Characters of an unknown field's name that are repeated, so that an answer stays small."""
_CHOICE = re.compile(r"'([^']*)'|(?<![\w'])(\d+)(?![\w'])")

_OBJECT = "must be a JSON object"
_TEXT = "must be text"
_LIST = "must be a list"
_WHOLE = "must be a whole number in plain digits, such as 60"
_NUMBER = "must be a number in plain digits, such as 75 or 75.50"
_DATE = "must be a date such as 2026-12-24"
_CLOCK = "must be a local time such as 09:00"
_TIME = "must be a date and a time such as 2026-12-01T14:00:00Z"
_URL = "must be an http(s) URL such as https://example.com/page"
_UUID = "must be a UUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6"
_OTHERWISE = "is not a valid value; see the API's description"

_PREDICATES: dict[str, str] = {
    "missing": "is missing; send it",
    "extra_forbidden": "is not known here; leave it out",
    "invalid_key": "must have a name that is text",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _OBJECT),
    **dict.fromkeys(("string_type", "string_unicode", "bytes_type"), _TEXT),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "iterable_type"), _LIST),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("decimal_type", "decimal_parsing"), _NUMBER),
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} digits after the decimal point",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the decimal point",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_pattern_mismatch": "does not match the format of this field; see the API's description",
    "string_not_ascii": "must have plain (ASCII) letters only",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DATE),
    "date_from_datetime_inexact": _DATE,
    **dict.fromkeys(("time_type", "time_parsing"), _CLOCK),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), _TIME),
    "datetime_object_invalid": _TIME,
    "timezone_aware": "must be a time with an offset such as 2026-12-01T14:00:00Z",
    "timezone_naive": "must be a local time without an offset such as 2026-12-24T00:00",
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation", "url_scheme"), _URL),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), _UUID),
}


class Fault(NamedTuple):
    """One bad value."""

    place: str
    """A JSON pointer (RFC 6901) into the body, or the name of a parameter."""
    wrong: str
    """What follows the name of the value in a sentence: `must be text`."""

    @property
    def sentence(self) -> str:
        return f"{name_of(self.place)} {self.wrong}."


def found_by(error: ValidationError, location: str) -> list[Fault]:
    """All validation errors of a body, a query or a form."""
    is_body = location in {"json", "json_or_form"}
    errors = error.errors(include_url=False)
    return [Fault(_place(each["loc"], is_body), predicate(each)) for each in errors]


def name_of(place: str) -> str:
    """The readable name: `weekly[0].start_time` for /weekly/0/start_time."""
    if not place:
        return "The body"
    steps = [step.replace("~1", "/").replace("~0", "~") for step in place.removeprefix("/").split("/")]
    written = (f"[{step}]" if step.isdecimal() and at else f".{step}" for at, step in enumerate(steps))
    return "".join(written).removeprefix(".")


def predicate(error: Mapping[str, Any]) -> str:
    """What follows the name of the value: `must be text`."""
    kind, context = error["type"], error.get("ctx", {})
    if error.get("input", ...) is None and kind not in {"missing", "extra_forbidden", "value_error"}:
        return f"must not be null: it {_said(kind, context)}"
    return _said(kind, context)


def _said(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "value_error" and isinstance(context.get("error"), ValueError):
        return str(context["error"])  # raised by a validator of ours
    if kind in _WORDED:
        return _WORDED[kind](context)
    return _PREDICATES.get(kind, _OTHERWISE).format(**context)


def _place(location: Sequence[Any], is_body: bool) -> str:
    steps = [str(step)[:MAX_STEP] for step in location]
    if not is_body:
        return ".".join(steps)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _one_of(context: Mapping[str, Any]) -> str:
    choices = [word or number for word, number in _CHOICE.findall(context["expected"])]
    return f"must be {choices[0]}" if len(choices) == 1 else f"must be one of: {', '.join(choices)}"


def _at_most(context: Mapping[str, Any]) -> str:
    most = context["max_length"]
    return f"must have at most {most} {_counted(most, context)}{_has(context)}"


def _at_least(context: Mapping[str, Any]) -> str:
    least = context["min_length"]
    return f"must have at least {least} {_counted(least, context)}{_has(context)}"


def _counted(count: int, context: Mapping[str, Any]) -> str:
    """The name of the type in pydantic's error; a stripped text has none of its own."""
    one, many = ("entry", "entries") if context.get("field_type") == "List" else ("character", "characters")
    return one if count == 1 else many


def _has(context: Mapping[str, Any]) -> str:
    actual = context.get("actual_length")
    return "" if actual is None else f"; it has {actual}"


_WORDED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "enum": _one_of,
    "literal_error": _one_of,
    **dict.fromkeys(("too_long", "string_too_long", "bytes_too_long", "url_too_long"), _at_most),
    **dict.fromkeys(("too_short", "string_too_short", "bytes_too_short"), _at_least),
}
