"""Nothing that callers may send is without an end, and no answer to nonsense is larger than the nonsense."""

import json

import httpx
import pytest

from tests.attacks.openapi_values import Schema, places
from tests.people import Person

SHORT_BY_FORM = {"uuid", "date", "date-time"}
JSON = {"Content-Type": "application/json"}


def has_an_end(schema: Schema) -> bool:
    keys = schema.keys()
    if {"enum", "const"} & keys:
        return True
    if schema["type"] == "string":
        return "maxLength" in keys or schema.get("format") in SHORT_BY_FORM or _is_short(schema)
    if schema["type"] in {"integer", "number"}:
        return bool({"minimum", "exclusiveMinimum"} & keys and {"maximum", "exclusiveMaximum"} & keys)
    ends = {
        "array": "maxItems" in keys,
        "object": schema.get("additionalProperties") is False,
        "boolean": True,
        "null": True,
    }
    return ends[schema["type"]]


def _is_short(schema: Schema) -> bool:
    """A pattern without repetition from its beginning to its end."""
    pattern = schema.get("pattern", "")
    return pattern[:1] == "^" and pattern[-1:] == "$" and not {"*", "+"} & set(pattern)


def test_every_value_that_is_taken_has_an_end(http: httpx.Client) -> None:
    """A field that is new is walked as well: give it a bound."""
    taken = list(places(http.get("/openapi.json").json()))

    assert len(taken) > 150
    assert [f"{place}: {schema}" for place, schema in taken if not has_an_end(schema)] == []


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({f"k{n:05}": 1 for n in range(30_000)}),
        json.dumps({"k" * 300_000: 1}),
        json.dumps({"languages": ["x"] * 100_000}),
        json.dumps({"prices": [{}] * 100_000}),
    ],
    ids=["many fields", "a long name", "many items", "many bad items"],
)
def test_much_nonsense_is_answered_briefly(coach: Person, body: str) -> None:
    answer = coach.ask("PATCH", "/coach/me", content=body, headers=JSON)

    assert answer.status_code == 422
    assert len(answer.content) < 20_000


UNUSUAL = ("1e400", "-1e400", "NaN", "Infinity", "1E-400000", "123456789012.5", "1" * 4000, f"0.{'1' * 5000}")
QUOTED = ('"1E+999999999"', '"1E-999999999"', '"sNaN"', f'"{"1" * 400_000}"')


@pytest.mark.parametrize("number", [*UNUSUAL, *QUOTED], ids=lambda number: number[:14])
def test_no_number_is_too_much_for_us(coach: Person, http: httpx.Client, number: str) -> None:
    for field in ("hourly_rate", "horizon_days"):
        answer = coach.ask("PATCH", "/coach/me", content=f'{{"{field}": {number}}}', headers=JSON)
        assert answer.status_code == 422
    for query in ({"limit": number[:5000]}, {"max_rate": number[:5000], "currency": "EUR"}):
        assert http.get("/coach", params=query).status_code == 422


@pytest.mark.parametrize("body", ['{"a":' * 100_000, "[" * 100_000, '{"weekly":[{"hours":' + "[" * 100_000])
def test_no_depth_is_too_deep_for_us(coach: Person, body: str) -> None:
    assert coach.ask("PUT", "/coach/me/availability", content=body, headers=JSON).status_code == 400


def test_of_a_name_that_is_sent_twice_the_last_one_counts_for_everybody(client: Person) -> None:
    body = '{"name": "First", "name": "Second"}'

    answer = client.ask("PATCH", "/auth/me", content=body, headers=JSON)

    assert answer.json()["name"] == "Second"


def test_nothing_is_unpacked(http: httpx.Client) -> None:
    """A body that says it is packed is no JSON to us, so none can swell."""
    packed = bytes.fromhex("1f8b0800000000000003ab56aa05003f3a2d9302000000")
    headers = {**JSON, "Content-Encoding": "gzip"}

    assert http.post("/auth/login", content=packed, headers=headers).status_code == 400
