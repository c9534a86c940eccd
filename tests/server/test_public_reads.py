"""Which requests have threads of their own, however their path is spelled."""

import pytest

from app.server.public_reads import is_public_read

ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.mark.parametrize(
    "target",
    [
        "/coach",
        "/coach?q=a",
        "/",
        "/?q=a",
        "//",
        "/coach/ada-lovelace?day=2026-12-01",
        "/coach/me-and-you",
        "/embed/ada-lovelace",
        "/sitemap.xml",
        f"/coach/{ID}",
        f"/coach/{ID}/slot?from=2026-12-01&to=2026-12-02",
        f"/%63oach/{ID}/%73lot",
        f"//coach//{ID}/slot",
        f"http://api.example.com/coach/{ID}/slot",
        f"HTTPS://api.example.com/coach/{ID}/slot",
        "any+scheme://user@api.example.com:80/docs/files",
        f"/coach/{ID}/calendar.ics?token=a",
        "/booking/feed.ics?token=a",
        "/docs",
        "/docs/files/page.js",
        "/openapi.json",
        "/problems/not-found",
    ],
)
def test_what_anybody_may_read_and_costs_much(target: str) -> None:
    assert is_public_read(f"GET {target} HTTP/1.1".encode())
    assert is_public_read(f"HEAD {target} HTTP/1.1".encode())


@pytest.mark.parametrize(
    "target",
    [
        "/auth/me",
        "/payment/webhook",
        "/coach/me",
        "/sign-in",
        "/book/ada-lovelace",
        "/static/pages.css",
        "/coach/me/availability",
        "/booking",
        "/health/live",
        "*",
        "",
        "http://[",
        "http://api.example.com/auth/me?at=/coach",
    ],
)
def test_everything_else_is_kept_free_of_it(target: str) -> None:
    assert not is_public_read(f"POST {target} HTTP/1.1".encode())
