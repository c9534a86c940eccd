"""What browsers are told: who may ask from elsewhere, and what a page may do."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from dotenv import dotenv_values
from flask import Flask

from app import create_app
from app.config.choices import HstsScope
from app.config.settings import Environment, Settings
from tests.people import Person, next_week

SHOP, STRANGER = "https://shop.example", "https://stranger.example"
FRONT_END = "http://localhost:3000"


@pytest.fixture
def in_production(application: Flask) -> Iterator[httpx.Client]:
    """The application as it answers in production, behind the platform's router."""
    changed = {"app_env": Environment.PRODUCTION, "cors_origins": (SHOP,)}
    app = create_app(Settings.load().model_copy(update=changed))
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://test") as client:
        yield client


def asked_before(http: httpx.Client, origin: str) -> httpx.Response:
    """What a browser asks before it sends a booking for a page."""
    wanted = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    return http.options("/booking", headers=wanted)


def test_a_page_of_a_named_origin_may_ask(in_production: httpx.Client) -> None:
    told = asked_before(in_production, SHOP).headers

    assert told["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in told["Access-Control-Allow-Methods"]
    assert "idempotency-key" in told["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in told


def test_a_page_of_another_origin_may_not(in_production: httpx.Client, http: httpx.Client) -> None:
    assert "Access-Control-Allow-Origin" not in asked_before(in_production, STRANGER).headers
    assert "Access-Control-Allow-Origin" not in asked_before(http, SHOP).headers


@pytest.mark.parametrize(
    ("named", "origin", "may"),
    [
        ("https://example.com", "https://example.com", True),
        ("https://example.com", "https://xexample.com", False),
        ("https://example.com", "https://example.com.evil.net", False),
        ("https://example.com", "https://examplexcom", False),
        ("https://example.com", "http://example.com", False),
        ("https://example.com", "https://example.com:8443", False),
        ("https://example.com", "null", False),
        ("http://[::1]:3000", "http://[::1]:3000", True),
        ("http://[::1]:3000", "http://::3000", False),
        ("http://[::1]:3000", "http://1:3000", False),
    ],
)
def test_a_page_of_exactly_this_origin_may_ask(
    application: Flask, named: str, origin: str, may: bool
) -> None:
    app = create_app(Settings.load().model_copy(update={"cors_origins": (named,)}))
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://test") as client:
        assert ("Access-Control-Allow-Origin" in asked_before(client, origin).headers) is may


def test_the_file_for_development_names_the_quick_start_s_front_end() -> None:
    assert dotenv_values(Path(__file__).parents[2] / ".env")["CORS_ORIGINS"] == FRONT_END


def test_a_front_end_on_this_machine_is_let_in_to_book_and_reads_what_it_needs(
    http: httpx.Client, client: Person, coach: Person
) -> None:
    told = asked_before(http, FRONT_END)
    assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (200, FRONT_END)
    allowed = told.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))

    at = next_week().isoformat()
    wish = {"coach_id": coach.id, "session_datetime": at, "duration_minutes": 60}
    key = {"Origin": FRONT_END, "Idempotency-Key": "a booking of mine"}
    first, again = (client.post("/booking", headers=key, json=wish) for _ in range(2))

    assert (first.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    readable = set(again.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"X-Request-ID", "Idempotent-Replayed", "Retry-After", "Content-Disposition"} <= readable
    assert again.headers["Access-Control-Allow-Origin"] == FRONT_END


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/booking", 401),
        ("GET", "/nothing", 404),
        ("PUT", "/health/live", 405),
        ("POST", "/auth/login", 422),
        ("POST", "/payment/webhook", 400),
    ],
)
def test_it_reads_why_it_was_refused(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path, headers={"Origin": FRONT_END}, json={})

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT_END


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_is_allowed_it(http: httpx.Client, method: str) -> None:
    wanted = {"Origin": FRONT_END, "Access-Control-Request-Method": method}

    assert method in http.options("/coach/me", headers=wanted).headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "origin", ["http://localhost:3001", "https://localhost:3000", "http://localhost", "null"]
)
def test_another_origin_on_this_machine_is_not(http: httpx.Client, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in asked_before(http, origin).headers


def test_it_reads_the_request_id_and_when_to_come_back(in_production: httpx.Client) -> None:
    told = in_production.get("/health/live", headers={"Origin": SHOP}).headers

    assert {"X-Request-ID", "Retry-After"} <= set(told["Access-Control-Expose-Headers"].split(", "))


def test_no_answer_is_guessed_framed_or_run(http: httpx.Client) -> None:
    for answer in (http.get("/coach"), http.get("/nothing"), http.get("/auth/verify")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "base-uri 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_what_is_for_one_person_is_kept_by_no_cache(client: Person, http: httpx.Client) -> None:
    assert client.get("/booking").headers["Cache-Control"] == "no-store"
    assert http.post("/auth/login", json={}).headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in http.get("/coach").headers


def test_production_is_https_only(in_production: httpx.Client, http: httpx.Client) -> None:
    assert in_production.get("/health/live").headers["Strict-Transport-Security"] == "max-age=63072000"
    assert "Strict-Transport-Security" not in http.get("/health/live").headers


@pytest.mark.parametrize("path", ["/health/live", "/nothing", "/coach", "/docs/files/none.js"])
@pytest.mark.parametrize(
    ("scope", "more"),
    [
        (HstsScope.HOST, ""),
        (HstsScope.SUBDOMAINS, "; includeSubDomains"),
        (HstsScope.PRELOAD, "; includeSubDomains; preload"),
    ],
)
def test_subdomains_are_https_only_where_the_operator_says_so(
    app: Flask, scope: HstsScope, more: str, path: str
) -> None:
    changed = {"app_env": Environment.PRODUCTION, "hsts_scope": scope}
    answer = create_app(Settings.load().model_copy(update=changed)).test_client().get(path)

    assert answer.headers["Strict-Transport-Security"] == f"max-age=63072000{more}"
