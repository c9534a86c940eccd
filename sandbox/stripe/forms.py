"""Stripe's form encoding: `line_items[0][price_data][currency]=eur` and its kind."""

import re
from collections.abc import Iterable

from sandbox.stripe.errors import InvalidParameter

Form = dict[str, "str | Form"]

NAME = re.compile(r"(?P<first>[^\[\]]+)(?P<rest>(\[[^\[\]]*\])*)")
PART = re.compile(r"\[([^\[\]]*)\]")


def decode(pairs: Iterable[tuple[str, str]]) -> Form:
    """Nested mappings of the fields. Arrays stay mappings with the indexes as keys: only the
    parameter's type can tell `metadata[0]` from `expand[0]`."""
    form: Form = {}
    for name, value in pairs:
        _put(form, _path(name), value)
    return form


def _path(name: str) -> list[str]:
    match = NAME.fullmatch(name)
    if match is None:
        raise InvalidParameter(f"Invalid request parameter name: {name}", param=name)
    return [match["first"], *PART.findall(match["rest"])]


def _put(form: Form, path: list[str], value: str) -> None:
    node = form
    for part in path[:-1]:
        inside = node.setdefault(_key(node, part), {})
        if isinstance(inside, str):
            raise InvalidParameter("Invalid object", param=path[0])
        node = inside
    node[_key(node, path[-1])] = value


def _key(node: Form, part: str) -> str:
    """`expand[]` repeated means the next index each time."""
    return part or str(len(node))
