"""Checks requests against the parameter types of the `stripe` package, so that what the sandbox
accepts is what Stripe documents, and gives the values their types."""

import re
import sys
import types
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe import RequestOptions
from typing_extensions import is_typeddict

from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.forms import Form

UNIONS = (Union, types.UnionType)
OPTIONS = RequestOptions.__annotations__.keys()  # every TypedDict inherits these; none of them is sent
# What the annotations of those refer to: their module's names, and one it imports for type checkers only.
NAMES = {**vars(sys.modules[RequestOptions.__module__]), "StripeContext": str}


def checked(form: Form, wanted: type) -> dict[str, Any]:
    """The parameters with their types; raises InvalidParameter as Stripe words it."""
    unknown = _unknown(form, wanted, "")
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise InvalidParameter(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            code="parameter_unknown",
            param=unknown[0],
        )
    return _fields(form, wanted, "")


@cache
def accepted(wanted: type) -> dict[str, Any]:
    """The parameters a TypedDict of the stripe package names, with their types."""
    hints = get_type_hints(wanted, localns=NAMES)
    return {name: hint for name, hint in hints.items() if name not in OPTIONS}


def _unknown(form: Form, wanted: Any, path: str) -> list[str]:
    """The names that no type knows, however deep."""
    found: list[str] = []
    for name, value in form.items():
        inner = _join(path, name)
        if name not in accepted(wanted):
            found.append(inner)
        elif isinstance(value, dict):
            found += _unknown_inside(value, accepted(wanted)[name], inner)
    return found


def _unknown_inside(form: Form, hint: Any, path: str) -> list[str]:
    for choice in _choices(hint):
        if is_typeddict(choice):
            return _unknown(form, choice, path)
        if get_origin(choice) is list:
            inner = get_args(choice)[0]
            items = [(f"{path}[{index}]", item) for index, item in form.items() if isinstance(item, dict)]
            return [name for where, item in items for name in _unknown_inside(item, inner, where)]
    return []


def _fields(form: Form, wanted: Any, path: str) -> dict[str, Any]:
    for name in sorted(wanted.__required_keys__):
        if name in accepted(wanted) and name not in form:
            missing = _join(path, name)
            raise InvalidParameter(
                f"Missing required param: {missing}.", code="parameter_missing", param=missing
            )
    hints = accepted(wanted)
    return {name: _value(value, hints[name], _join(path, name)) for name, value in form.items()}


def _value(value: "str | Form", hint: Any, path: str) -> Any:
    choices = _choices(hint)
    if isinstance(value, dict):
        return _nested(value, choices, path)
    return _scalar(value, choices, path)


def _nested(form: Form, choices: list[Any], path: str) -> Any:
    for choice in choices:
        if is_typeddict(choice):
            return _fields(form, choice, path)
        if get_origin(choice) is dict:
            inner = get_args(choice)[1]
            return {name: _entry(value, inner, _join(path, name)) for name, value in form.items()}
        if get_origin(choice) is list:
            inner = get_args(choice)[0]
            return [_value(value, inner, f"{path}[{index}]") for index, value in _items(form, path)]
    raise InvalidParameter("Invalid string: expected a value, got an object", param=path)


def _entry(value: "str | Form", hint: Any, path: str) -> Any:
    """An entry of metadata and its like, where the empty string is allowed: it unsets the key."""
    return value if value == "" else _value(value, hint, path)


def _items(form: Form, path: str) -> list[tuple[str, "str | Form"]]:
    if not all(index.isdecimal() for index in form):
        raise InvalidParameter("Invalid array", param=path)
    return sorted(form.items(), key=lambda item: int(item[0]))


def _scalar(value: str, choices: list[Any], path: str) -> Any:
    words = [word for choice in choices if get_origin(choice) is Literal for word in get_args(choice)]
    if value in words:
        return value
    if value == "":
        raise _empty(path)
    if int in choices:
        return _integer(value, path)
    if bool in choices:
        return _boolean(value, path)
    if float in choices or Decimal in choices:
        return _decimal(value, path)
    if any(words):  # the types allow any string for words yet to come; the API of today does not
        raise InvalidParameter(f"Invalid {path}: must be one of {_listed(words)}", param=path)
    if str in choices or Any in choices:
        return value
    kind = "array" if any(get_origin(choice) is list for choice in choices) else "object"
    raise InvalidParameter(f"Invalid {kind}", param=path)


def _choices(hint: Any) -> list[Any]:
    """The alternatives of a type, flat."""
    if get_origin(hint) in UNIONS:
        return [choice for part in get_args(hint) for choice in _choices(part)]
    return [hint]


def _integer(value: str, path: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
        raise InvalidParameter(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
    return int(value)


def _boolean(value: str, path: str) -> bool:
    if value not in ("true", "false"):
        raise InvalidParameter(f"Invalid boolean: {value}", param=path)
    return value == "true"


def _decimal(value: str, path: str) -> str:
    if not re.fullmatch(r"-?\d+(\.\d{1,12})?", value, re.ASCII):
        raise InvalidParameter(f"Invalid decimal: {value}", param=path)
    return value


def _empty(path: str) -> InvalidParameter:
    return InvalidParameter(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or "
        "supply a non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _listed(words: list[str]) -> str:
    shown = [word for word in words if word]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + ", or " + shown[-1]
