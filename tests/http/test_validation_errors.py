"""Every route, sent bad values of every kind wherever it takes one: how the answer reads.

The routes and their fields are read from /openapi.json, so what is new is walked as well.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask

from app.accounts.models import Role
from tests.attacks.openapi_values import Schema, named
from tests.people import Person
from tests.shop import become_admin

UNKNOWN = "no_such/field"
BAD: list[Any] = [
    None, True, 0, -1, 0.5, 10**30, 1e300, float("nan"), "", " ", "x", "x" * 6000, "a\tb\nc", "1_0", "\uff19",
    "1e3", "NaN", "yes", [], {}, [None], [[]], {"x": 1}, ["x"] * 500, "2026-02-30", "2026-12-01T25:00:00Z",
    "\uff12\uff10\uff12\uff16-12-01", "2026-12-01T10:00:00", "{3fa85f64-5717-4562-b3fc-2c963f66afa6}",
    "http://user@host", "ftp://x", "a@b@c",
]  # fmt: skip
NOT_OURS = re.compile(
    "Input should|String should|should (be|have|match)|after validation|[Vv]alue error|Assertion failed"
    "|Field required|Extra inputs|[Uu]nable to|pydantic|dictionary|email address:"
    "|valid (string|list|dict|integer|number|decimal|boolean|date|URL)"
    r"|<class|Role\.|object at 0x|\^\["
)
JSON = {"Content-Type": "application/json"}


def resolved(spec: Schema, schema: Schema) -> Schema:
    """A schema itself, and of alternatives the first that is not null."""
    if "$ref" in schema:
        return resolved(spec, spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if choices := [each for each in schema.get("anyOf", []) if each.get("type") != "null"]:
        return resolved(spec, choices[0])
    return schema


def filled(spec: Schema, schema: Schema, bad: Any) -> Any:
    """A body of the right shape in which every value is the bad one."""
    known = resolved(spec, schema)
    if known.get("type") == "object":
        return {name: filled(spec, part, bad) for name, part in known.get("properties", {}).items()}
    if known.get("type") == "array":
        return [filled(spec, known["items"], bad)]
    return bad


def takers(app: Flask, spec: Schema, role: Role | None, part: str) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and what is taken, of the operations that somebody of this role may call."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        roles = app.view_functions[rule.endpoint].access.roles  # type: ignore[attr-defined]
        may = role is None if roles is None else role == min(roles)
        for method in (rule.methods or set()) if may else ():
            operation = spec["paths"].get(path, {}).get(method.lower(), {})
            if part == "body" and "requestBody" in operation:
                yield method, path, operation["requestBody"]["content"]["application/json"]["schema"]
            if part == "query" and any(each["in"] == "query" for each in operation.get("parameters", [])):
                yield method, path, operation["parameters"]


def reads_well(answer: httpx.Response, where: str) -> list[str]:
    """The places that it names; each with a sentence that can be read alone."""
    assert answer.status_code == 422, (where, answer.text)
    problem = answer.json()
    assert not NOT_OURS.search(answer.text), (where, answer.text)
    for each in problem["errors"]:
        assert re.fullmatch(r"[^ ].{10,}\.", each["detail"], re.DOTALL), (where, each)
        last = each["pointer"].rpartition("/")[2].replace("~1", "/")
        assert (last or "The body") in each["detail"], (where, each)
        assert each["detail"] in problem["detail"], (where, each)
    return [each["pointer"] for each in problem["errors"]]


@pytest.fixture(params=[None, Role.ADMIN, Role.CLIENT, Role.COACH])
def caller(request: pytest.FixtureRequest, http: httpx.Client) -> tuple[Role | None, Any]:
    """Somebody of each role, and what asks in the name of this person."""
    role: Role | None = request.param
    if role is None:
        return role, http.request
    person = Person.registered(http, "client" if role is Role.ADMIN else role)
    if role is Role.ADMIN:
        become_admin(person)
    return role, person.ask


def test_every_bad_body_is_answered_in_our_own_words_with_all_its_faults(
    app: Flask, http: httpx.Client, caller: tuple[Role | None, Any]
) -> None:
    spec, (role, ask) = http.get("/openapi.json").json(), caller
    seen = 0
    for method, path, schema in takers(app, spec, role, "body"):
        for bad in BAD:
            whole = filled(spec, schema, bad)
            flat = dict.fromkeys(whole, bad)
            for body in (whole, flat) if json.dumps(whole) != json.dumps(flat) else (flat,):
                content = json.dumps(body | {UNKNOWN: bad})
                places = reads_well(
                    ask(method, named(path), content=content, headers=JSON), f"{method} {path} {bad!r}"
                )
                assert all(place.startswith("/") for place in places)
                assert "/no_such~1field" in places
                seen += 1
    assert seen >= 3 * len(BAD)


def test_every_bad_query_is_answered_in_our_own_words_with_all_its_faults(
    app: Flask, http: httpx.Client, caller: tuple[Role | None, Any]
) -> None:
    spec, (role, ask) = http.get("/openapi.json").json(), caller
    for method, path, parameters in takers(app, spec, role, "query"):
        names = [each["name"] for each in parameters if each["in"] == "query"]
        for bad in BAD:
            query = dict.fromkeys(names, str(bad)) | {UNKNOWN: "1"}
            places = reads_well(ask(method, named(path), params=query), f"{method} {path}?{bad!r}")
            assert set(places) <= {*names, UNKNOWN}
            assert UNKNOWN in places


@pytest.mark.parametrize("body", [[], "text", 5, True, None, 1.5])
def test_a_body_that_is_no_object_is_called_the_body(http: httpx.Client, body: Any) -> None:
    answer = http.post("/auth/login", content=json.dumps(body), headers=JSON)

    assert reads_well(answer, "login") == [""]
    assert "The body must" in answer.json()["detail"]
    assert "JSON object" in answer.json()["detail"]


def test_what_layers_of_their_own_refuse_comes_together(http: httpx.Client) -> None:
    person = {
        "email": "nobody",
        "password": "short",
        "name": "",
        "role": "boss",
        "time_zone": "Mars",
        "age": 7,
    }

    places = reads_well(http.post("/auth/register", json=person), "register")

    assert places == ["/email", "/name", "/password", "/role", "/time_zone", "/age"]


def test_a_wrong_current_password_and_a_weak_new_one_come_together(client: Person) -> None:
    change = {"current_password": "not mine at all", "new_password": "short"}

    places = reads_well(client.post("/auth/password/change", json=change), "change")

    assert places == ["/new_password", "/current_password"]


def test_all_hours_that_overlap_are_named_beside_what_else_is_wrong(coach: Person) -> None:
    def hours(day: str, start: str, end: str) -> dict[str, str]:
        return {"weekday": day, "start_time": start, "end_time": end}

    weekly = [hours(day, start, "12:00") for day in ("monday", "tuesday") for start in ("09:00", "10:00")]
    twice = {"date": "2027-03-01", "hours": []}
    stay = {"first_date": "2027-03-05", "last_date": "2027-03-01", "time_zone": "Asia/Tokyo"}
    wish = {"weekly": weekly, "overrides": [twice, twice], "stays": [stay]}

    places = reads_well(coach.ask("PUT", "/coach/me/availability", json=wish), "availability")

    assert places == ["/weekly/1", "/weekly/3", "/overrides/1/date", "/stays/0/last_date"]


def test_a_length_that_is_not_offered_and_a_start_that_is_past_come_together(
    client: Person, coach: Person
) -> None:
    wish = {"coach_id": coach.id, "session_datetime": "2020-01-01T10:00:00Z", "duration_minutes": 45}

    places = reads_well(client.post("/booking", json=wish), "booking")

    assert places == ["/duration_minutes", "/session_datetime"]


def test_all_prices_that_cannot_be_are_named(coach: Person) -> None:
    prices = [{"duration_minutes": 45, "amount": 30}, {"duration_minutes": 30, "amount": 0.1}]

    places = reads_well(
        coach.ask("PATCH", "/coach/me", json={"hourly_rate": 0.001, "prices": prices}), "prices"
    )

    assert places == ["/hourly_rate", "/prices/0/duration_minutes", "/prices/1/amount"]


def test_a_header_that_cannot_be_is_named(client: Person, coach: Person) -> None:
    wish = {"coach_id": coach.id, "session_datetime": "2027-01-01T10:00:00Z", "duration_minutes": 60}

    answer = client.post("/booking", json=wish, headers={"Idempotency-Key": "k" * 256})

    assert answer.json()["type"] == "/problems/bad-idempotency-key"
    assert reads_well(answer, "header") == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("role", "one"), [("client", "a client"), ("coach", "a coach"), ("admin", "an admin")]
)
def test_who_may_is_told_with_the_right_article(http: httpx.Client, role: str, one: str) -> None:
    person = Person.registered(http, "coach" if role == "coach" else "client")
    if role == "admin":
        become_admin(person)
    path = "/coach/me" if role == "admin" else "/admin/audit"

    detail = person.get(path).json()["detail"]

    assert (
        detail
        == f"Only {'a coach' if role == 'admin' else 'an admin'} may do this; you are signed in as {one}."
    )
