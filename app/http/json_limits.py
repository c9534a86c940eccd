"""Limits on the size and depth of JSON, checked before the much slower validation."""

from collections.abc import Iterator
from typing import Any

from app.http.problems import Invalid

MAX_FIELDS = 50
"""Fields of one object. Our largest has less than twenty."""
MAX_ENTRIES = 1_000
"""Entries of one list. Our longest takes 400."""
MAX_DEPTH = 20
MAX_VALUES = 30_000
"""Values in all. A coach's hours with the most overrides and stays are 26,200."""


def check(body: object) -> None:
    """Raises Invalid for JSON beyond these limits."""
    level, depth, values = [body], 0, 1
    while level := [part for each in level for part in _parts(each)]:
        depth, values = depth + 1, values + len(level)
        if depth > MAX_DEPTH:
            raise Invalid("", f"must not be nested more than {MAX_DEPTH} levels deep")
        if values > MAX_VALUES:
            raise Invalid("", f"must have at most {MAX_VALUES} values in all")


def _parts(value: Any) -> Iterator[Any]:
    """The values inside an object or a list."""
    if isinstance(value, dict):
        if len(value) > MAX_FIELDS:
            raise Invalid("", f"must have at most {MAX_FIELDS} fields in one object; one has {len(value)}")
        yield from value.values()
    elif isinstance(value, list):
        if len(value) > MAX_ENTRIES:
            raise Invalid("", f"must have at most {MAX_ENTRIES} entries in one list; one has {len(value)}")
        yield from value
