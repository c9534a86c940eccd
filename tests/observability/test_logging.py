"""The lines that a request leaves in the log, and whose they are."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import httpx
import pytest
from flask import Flask

from tests.people import Person


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What is written on stderr."""
    written = StringIO()
    (handler,) = (each for each in logging.getLogger().handlers if each.get_name() == "stderr")
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        ("order-2026.11:42_a", " caller_request_id=order-2026.11:42_a"),
        ("x" * 128, f" caller_request_id={'x' * 128}"),
        ("x" * 129, ""),
        ("two words", ""),
        ('quoted"id', ""),
        ("a\u0131b", ""),
        ("", ""),
    ],
)
def test_the_caller_s_own_id_stands_beside_ours_in_the_log(
    app: Flask, log: StringIO, sent: str, logged: str
) -> None:
    answer = app.test_client().get("/health/live", headers={"X-Request-ID": sent})
    app.test_client().get("/health/live")

    first, second = log.getvalue().splitlines()
    assert f" app.request request_id={answer.headers['X-Request-ID']}{logged} GET /health/live" in first
    assert "caller_request_id" not in second


def test_a_line_of_the_log_says_when_in_utc_what_and_who(
    http: httpx.Client, client: Person, log: StringIO
) -> None:
    asked = datetime.now(UTC)
    refused, unknown = client.get("/admin/audit"), http.get("/booking")

    lines = log.getvalue().splitlines()
    for line, answer, who in ((lines[0], refused, f"account:{client.id}"), (lines[1], unknown, "anonymous")):
        at, level, said = line.split(" ", 2)
        assert abs(datetime.fromisoformat(at) - asked) < timedelta(seconds=30)
        assert (at[-1], level) == ("Z", "INFO")
        request_id = answer.headers["X-Request-ID"]
        assert said.startswith(f"app.request request_id={request_id} GET {answer.request.url.path}")
        assert f" {answer.status_code} " in said
        assert said.endswith(f" by {who}")


def test_a_request_is_logged_without_its_query(
    app: Flask, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.request"):
        http.get("/auth/verify", params={"token": "a-secret-token"})

    assert "/auth/verify 200" in caplog.text
    assert "a-secret-token" not in caplog.text


def test_no_path_writes_a_line_of_its_own_into_the_log(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.request"):
        http.get("/nowhere%0AERROR%20app%20forged")

    assert "GET /nowhere%0AERROR%20app%20forged 404" in caplog.text
