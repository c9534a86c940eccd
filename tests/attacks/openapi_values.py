"""What /openapi.json says that callers may send: each value, and where it stands."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]


class Place(NamedTuple):
    """One value that a caller may send."""

    operation: str
    """Such as `POST /booking`."""
    part: str
    """path, query, header, or body."""
    name: str
    """Of a body's value the way to it, such as `weekly[]/start_time`; empty for the body itself."""

    def __str__(self) -> str:
        return f"{self.operation} {self.part}:{self.name}"


def places(spec: Schema) -> Iterator[tuple[Place, Schema]]:
    """Every value, and what it is said to be; each of the alternatives when there are several."""
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            for parameter in operation.get("parameters", []):
                first = Place(name, parameter["in"], parameter["name"])
                yield from _within(spec, parameter["schema"], first)
            for body in operation.get("requestBody", {}).get("content", {}).values():
                yield from _within(spec, body["schema"], Place(name, "body", ""))


def _within(spec: Schema, schema: Schema, place: Place) -> Iterator[tuple[Place, Schema]]:
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if choices := schema.get("anyOf"):
        for choice in choices:
            yield from _within(spec, choice, place)
        return
    yield place, schema
    for name, value in schema.get("properties", {}).items():
        yield from _within(spec, value, place._replace(name=f"{place.name}/{name}".lstrip("/")))
    if "items" in schema:
        yield from _within(spec, schema["items"], place._replace(name=f"{place.name}[]"))


def takers(spec: Schema) -> Iterator[tuple[str, str]]:
    """Each operation that takes a body or a query, and which of them."""
    found = {(place.operation, place.part) for place, _ in places(spec)}
    return iter(sorted((operation, part) for operation, part in found if part in {"body", "query"}))


def top_fields(spec: Schema, operation: str) -> set[str]:
    """The names that an operation knows, in its body or its query."""
    return {place.name for place, _ in places(spec) if place.operation == operation}


def named(path: str) -> str:
    """A path with ids of nothing in it."""
    return re.sub(r"\{\w+\}", "00000000-0000-4000-8000-000000000000", path)
