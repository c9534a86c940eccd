"""Refusals as callers read them: problem details by RFC 9457."""

from typing import Any

import httpx


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem, after a look at what all problems have in common."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{slug}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["request_id"] == answer.headers["X-Request-ID"]
    return found


def pointers(answer: httpx.Response) -> list[str]:
    """The fields that a request was refused for."""
    return [error["pointer"] for error in refused(answer, 422, "invalid")["errors"]]
