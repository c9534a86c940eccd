"""The documentation that is generated, and that it tells the truth."""

import re
from typing import Any

import httpx
import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import create_app
from app.config.settings import Settings
from app.http.access_rule import Rule
from app.http.pages import Pages

HIDDEN = {
    "/bootstrap/static/{filename}": {"get"},  # the pages' stylesheets
    "/auth/password/reset": {"get"},  # a page for people
    "/auth/verify": {"get"},  # likewise
    "/docs": {"get"},
    "/docs/files/{name}": {"get"},
    "/openapi.json": {"get"},
}
OPEN_TO_ALL = {
    ("get", "/booking/feed.ics"),  # behind a token of its own
    ("get", "/coach/{coach_id}/calendar.ics"),  # likewise
    ("post", "/auth/register"),
    ("post", "/auth/login"),
    ("post", "/auth/refresh"),
    ("post", "/auth/password/forgot"),
    ("post", "/auth/password/reset"),
    ("post", "/auth/verify"),
    ("get", "/coach"),
    ("get", "/coach/{coach_id}"),
    ("get", "/coach/{coach_id}/slot"),
    ("post", "/payment/webhook"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
    ("get", "/problems"),
    ("get", "/problems/{slug}"),
}


@pytest.fixture
def document(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if not isinstance(app.blueprints.get(rule.endpoint.partition(".")[0]), Pages)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_documented_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    hidden = {(method, path) for path, methods in HIDDEN.items() for method in methods}

    assert set(operations(document)) == routes(app) - hidden


def test_every_operation_has_a_summary_a_room_and_an_id_of_its_own(document: dict[str, Any]) -> None:
    found = operations(document).values()

    assert all(operation["summary"] and operation["tags"] for operation in found)
    assert len({operation["operationId"] for operation in found}) == len(found)


def test_the_list_of_operations_shows_whole_sentences(document: dict[str, Any]) -> None:
    """A summary is the first line of a docstring: what runs on is cut there, and may say the opposite."""
    summaries = {at: operation["summary"] for at, operation in operations(document).items()}

    assert {at: text for at, text in summaries.items() if not text.endswith(".")} == {}


def test_what_needs_a_token_says_so_and_only_that(document: dict[str, Any]) -> None:
    without = {at for at, operation in operations(document).items() if "security" not in operation}

    assert without == OPEN_TO_ALL


def test_schemas_have_plain_names_and_each_model_one(document: dict[str, Any]) -> None:
    """Generators of clients skip routes whose schemas have a dot in their names."""
    names = document["components"]["schemas"]

    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z]+", name)] == []
    assert {"BookingView", "BookingStatus", "PaymentStatus", "LoginRequest"} <= set(names)


def test_a_request_needs_only_the_fields_without_a_default(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["LoginRequest"]["required"] == ["email", "password"]
    assert set(schemas["BookingRequest"]["required"]) == {"coach_id", "session_datetime", "duration_minutes"}
    assert "'default'" not in str(schemas)


def test_an_answer_has_all_of_its_fields(document: dict[str, Any]) -> None:
    booking = document["components"]["schemas"]["BookingView"]

    assert set(booking["required"]) == set(booking["properties"])
    assert booking["properties"]["created_at"] == {"type": "string", "format": "date-time"}


def test_a_body_is_required_where_one_of_its_fields_is(document: dict[str, Any]) -> None:
    bodies = {at: operation.get("requestBody") for at, operation in operations(document).items()}
    optional = {at for at, body in bodies.items() if body and not body["required"]}

    assert ("post", "/auth/login") not in optional
    assert ("post", "/booking/{booking_id}/cancel") in optional


def test_operations_have_ids_as_a_person_would_write_them(document: dict[str, Any]) -> None:
    found = {at: operation["operationId"] for at, operation in operations(document).items()}

    assert [name for name in found.values() if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)] == []
    assert found["post", "/booking"] == "createBooking"


def test_a_parameter_of_several_routes_says_its_default_in_each(document: dict[str, Any]) -> None:
    limits = {
        at: parameter.get("description")
        for at, operation in operations(document).items()
        for parameter in operation["parameters"]
        if parameter["name"] == "limit"
    }

    assert len(limits) > 10
    assert set(limits.values()) == {"Default: 20."}


def test_headers_of_answers_are_declared(document: dict[str, Any]) -> None:
    booking = operations(document)["post", "/booking"]["responses"]

    assert set(booking["201"]["headers"]) == {"X-Request-ID", "Idempotent-Replayed"}
    assert "Retry-After" in booking["429"]["headers"]
    assert "ETag" in operations(document)["get", "/booking/feed.ics"]["responses"]["200"]["headers"]


def test_every_body_is_json_with_a_schema_and_every_refusal_a_problem(document: dict[str, Any]) -> None:
    for at, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status >= "400" and at[1] != "/health/ready":
                assert list(answer["content"]) == ["application/problem+json"], at
        if "requestBody" in operation:
            assert "application/json" in operation["requestBody"]["content"], at


def test_every_view_declares_who_may_call_it(app: Flask) -> None:
    undeclared = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if not isinstance(getattr(view, "access", None), Rule)
    }

    assert undeclared == set()


def test_a_view_that_declares_nothing_is_open_to_nobody(http: httpx.Client, app: Flask) -> None:
    view = app.view_functions["health.live"]
    rule = view.__dict__.pop("access")
    try:
        assert http.get("/health/live").status_code == 403
    finally:
        view.__dict__["access"] = rule


def test_the_page_finds_all_its_files_here(http: httpx.Client) -> None:
    page = http.get("/docs")
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert files
    for file in files:
        assert file.startswith("/")
        assert http.get(file).status_code == 200


@pytest.mark.parametrize("name", ["../__init__.py", "..%2f__init__.py", "%00", "none.js"])
def test_the_page_s_files_lead_nowhere_else(http: httpx.Client, name: str) -> None:
    assert http.get(f"/docs/files/{name}").status_code == 404


def test_the_page_keeps_no_token_in_the_browser(http: httpx.Client) -> None:
    assert "persistAuthorization: false" in http.get("/docs").text


def test_no_documentation_is_shown_where_it_is_off(app: Flask) -> None:
    off = create_app(Settings.load().model_copy(update={"api_docs": False})).test_client()
    paths = ["/docs", "/docs/", "/docs/files/css/swagger-ui.css", "/openapi.json"]
    answers = [off.get(path) for path in paths]
    page = off.get("/problems", headers={"Accept": "text/html"})

    assert [(answer.status_code, answer.mimetype) for answer in answers] == [
        (404, "application/problem+json")
    ] * len(paths)
    assert (page.status_code, "/docs" in page.text) == (200, False)
    assert off.get("/coach").status_code == 200
    for path in ("/", "/docs", "/boking", "/problems/not-found"):
        assert "/docs" not in off.get(path, headers={"Accept": "text/html"}).text
        assert "/docs" not in off.get(path).text


def test_it_is_shown_else(http: httpx.Client) -> None:
    assert 'href="/docs"' in http.get("/").text
    assert "/docs" in http.get("/problems", headers={"Accept": "text/html"}).text
