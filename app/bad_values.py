"""What is wrong with a body or a query, told to the caller: which value, and what it should be."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

_ENUM = re.compile(r"<\w+\.\w+: ('[^']*')>")
MOST_TOLD = 50
LONGEST_STEP = 100
"""Of a field's name: the answer to nonsense must not be larger than the nonsense."""
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; leave it out",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "timezone_aware": "must name its offset, such as 2026-12-01T14:00:00Z",
}


def told(location: str, error: ValidationError) -> list[dict[str, str]]:
    """The pointer (RFC 6901; `query/…` for a query's field) and the remedy of each bad value."""
    root = "" if location in {"json", "json_or_form"} else location
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_TOLD]
    return [
        {"pointer": _pointer(root, each["loc"]), "detail": _remedy(each["type"], each["msg"])}
        for each in found
    ]


def _pointer(root: str, location: Sequence[Any]) -> str:
    steps = (str(step)[:LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in location)
    return "/".join([root, *steps])


def _remedy(kind: str, message: str) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in {"too_long", "too_short"} and message.startswith("Value"):
        # A text that is stripped before it is counted; pydantic does not know any more that it is one.
        return re.sub(r"item(s?)( after validation)?", r"character\1", message, count=1)
    if kind in {"enum", "literal_error"}:
        return _ENUM.sub(r"\1", message)
    return message.removeprefix("Value error, ")
