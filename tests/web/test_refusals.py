"""Refusals: a page for people, a problem for programs."""

import httpx
import pytest

from app.web import directory
from tests.web.visitor import HTML, Visitor


def test_an_unknown_path_is_a_page_for_people(http: httpx.Client) -> None:
    page = Visitor(http).get("/nothing")

    assert page.status == 404
    assert "There is no such page" in page.text
    assert http.get("/nothing").headers["Content-Type"] == "application/problem+json"


def test_a_json_route_answers_people_too_with_a_problem(http: httpx.Client) -> None:
    answer = http.get("/auth/me", headers=HTML)

    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")


def test_an_error_of_ours_is_a_page_with_a_number(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(directory.Form, "page", fails)
    page = Visitor(http).get("/")

    assert page.status == 500
    assert "Something went wrong on our side" in page.text
    assert page.answer.headers["X-Request-ID"] in page.text
    assert "secret words" not in page.html


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing"])
def test_pages_allow_nothing_inline_and_no_frame(http: httpx.Client, path: str) -> None:
    page = Visitor(http).get(path)
    policy = page.answer.headers["Content-Security-Policy"]

    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert " style=" not in page.html
    assert "<style" not in page.html
