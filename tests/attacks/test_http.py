"""What HTTP itself offers to attackers: other pages' forms, headers that routers set, methods, cookies."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from flask import Flask

from app import create_app
from app.accounts.password_policy import LONGEST
from app.config.settings import Settings
from app.http.pages import Pages
from app.observability import context
from tests.accounts.access_world import world
from tests.attacks.database_rows import all_rows
from tests.people import PASSWORD, Person, next_week
from tests.web.visitor import Visitor

__all__ = ["world"]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
"""What a form of any page sends without asking us first (Fetch, CORS-safelisted request-header)."""
TAKE_FORMS = {"/auth/verify", "/auth/password/reset"}
"""Pages of ours post there, with the token of a mail, which no other page knows."""


def gets(app: Flask, world: dict[str, str]) -> Iterator[str]:
    here = world | {"month": datetime.now(UTC).strftime("%Y-%m")}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda named: here[named[1]], rule.rule)


def test_what_is_asked_for_by_get_changes_nothing(
    app: Flask, world: dict[str, str], client: Person, coach: Person, admin: Person
) -> None:
    """Else a link would do it, in a mail or on another page, or a program that looks links up in advance."""
    paths = sorted(gets(app, world))
    before = all_rows()

    for person in (client, coach, admin):
        statuses = [person.get(path).status_code for path in paths]
        assert statuses.count(200) > 10
        # A page leads to the sign-in; a mail server is missing to be ready.
        assert set(statuses) <= {200, 302, 303, 403, 404, 409, 422, 503}

    assert all_rows() == before


def posts(app: Flask) -> dict[str, bool]:
    """The paths that take a POST, and whether they are pages."""
    return {
        rule.rule: isinstance(app.blueprints.get(rule.endpoint.partition(".")[0]), Pages)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and "<" not in rule.rule
    }


@pytest.mark.parametrize("sent", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_page_hears_a_form_of_another_site(app: Flask, coach: Person, sent: dict[str, str]) -> None:
    """Browsers send the cookie with no such form; it is refused with the cookie and its token as well."""
    visitor = Visitor.signed_in(coach)
    before = all_rows()

    for path in sorted(path for path, is_page in posts(app).items() if is_page):
        page = visitor.post(path, {"csrf_token": visitor.csrf_token()}, headers=sent)
        assert (path, page.status) == (path, 403)

    assert all_rows() == before


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_another_page_is_heard(app: Flask, http: httpx.Client, coach: Person, form: str) -> None:
    """A browser sends one without asking, and no token with it: with none and with one it is refused."""
    paths = {path for path, is_page in posts(app).items() if not is_page}
    body = f'{{"coach_id": "{coach.id}", "session_datetime": "{next_week().isoformat()}"}}'
    before = all_rows()

    for path in sorted(paths - TAKE_FORMS):
        for sent in ({}, {"Authorization": f"Bearer {coach.token}"}):
            if sent and path in {"/auth/logout", "/booking/feed", "/auth/verify/resend"}:
                continue  # without a body; the header alone keeps other pages out
            answer = http.post(path, content=body, headers={"Content-Type": form, **sent})
            assert answer.status_code in {400, 401, 403, 415}, (path, answer.status_code, answer.text)

    assert all_rows() == before


def test_no_answer_sets_a_cookie(http: httpx.Client, client: Person) -> None:
    answers = [
        http.post("/auth/login", json={"email": client.email, "password": PASSWORD}),
        *(client.get(path) for path in ("/auth/me", "/booking", "/docs", "/problems", "/nothing")),
        *(http.get(path) for path in ("/auth/verify", "/auth/password/reset")),
    ]

    assert {answer.status_code for answer in answers} == {200, 404}
    assert [answer.url for answer in answers if "Set-Cookie" in answer.headers] == []


def test_every_answer_says_what_it_is_and_in_which_charset(
    app: Flask, world: dict[str, str], client: Person, coach: Person, admin: Person
) -> None:
    """JSON has one alone (RFC 8259, 8.1)."""
    answers = [person.get(path) for path in sorted(gets(app, world)) for person in (client, coach, admin)]
    said = {answer.headers.get("Content-Type", "none") for answer in answers if answer.content}

    assert {kind.partition(";")[0] for kind in said} >= {"text/html", "text/calendar", "text/csv"}
    without = {kind for kind in said if "charset=utf-8" not in kind.lower()}
    assert without == {"application/json", "application/problem+json"}


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "DEBUG", "CONNECT"])
def test_nobody_is_sent_back_what_they_sent(http: httpx.Client, method: str) -> None:
    secret = {"Authorization": "Bearer a-secret-token", "X-Secret": "a-secret-token"}
    for path in ("/", "/booking", "/auth/login", "/nothing"):
        answer = http.request(method, path, headers=secret)
        assert answer.status_code in {404, 405}
        assert "a-secret-token" not in f"{answer.headers}{answer.text}"


@pytest.mark.parametrize("path", ["/auth/password/reset", "/auth/verify"])
def test_pages_mask_passwords_and_let_managers_fill_them_in(http: httpx.Client, path: str) -> None:
    page = http.get(path, params={"token": "0" * 32}).text
    (field,) = re.findall(r'<input[^>]*name="password"[^>]*>', page)

    assert 'type="password"' in field
    assert re.search(r'autocomplete="(new|current)-password"', field)
    assert "onpaste" not in page
    assert "<script" not in page
    limit = re.search(r'maxlength="(\d+)"', field)
    assert limit is None or int(limit[1]) >= LONGEST


@pytest.mark.parametrize(
    ("proxies", "sent", "seen"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, "127.0.0.1,198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 198.51.100.8", "198.51.100.7"),
        (2, "198.51.100.8", "192.0.2.1"),
    ],
)
def test_a_caller_s_address_is_what_our_own_proxies_say(
    application: Flask, proxies: int, sent: str, seen: str
) -> None:
    """Each adds on the right the one that it was asked from; what stands before is the caller's invention."""
    app = create_app(Settings.load().model_copy(update={"trusted_proxies": proxies}))
    found = []
    app.before_request(lambda: found.append(context.address.get()))
    more = {"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Client-IP": "203.0.113.9"}

    app.test_client().get(
        "/health/live",
        headers={"X-Forwarded-For": sent, **more},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )

    assert found == [seen]
