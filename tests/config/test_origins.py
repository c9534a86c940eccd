"""Origins are spelled out: a pattern would let in others than were meant."""

import pytest

from tests.config.production_settings import complaints, load


@pytest.mark.parametrize("name", ["CORS_ORIGINS", "ALLOWED_REDIRECT_ORIGINS"])
@pytest.mark.parametrize(
    "value",
    [
        "*",
        "https://*.example.com",
        "https://*",
        "https://example.com,https://*.example.com",
        "https://example.*",
        "https://.*example.com",
        r"https://[a-z]+\.example\.com",
        "https://(a|b).example.com",
        "https://example.com$",
        "https://^example.com",
        "https://example.com?",
        "https://example.com#",
        "https://user@example.com",
        "https://example.com:port",
        "https://example..com",
        "https://example.com\\",
        "null",
        "//example.com",
    ],
)
def test_a_pattern_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    (complaint,) = complaints(monkeypatch, **{name: value})

    assert complaint.startswith(f"- {name} must be origins such as https://example.com")


def test_they_are_kept_as_browsers_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = "https://Shop.Example.com/, https://example.com:443,https://example.com:8443,https://[2001:DB8::1]"

    assert load(monkeypatch, CORS_ORIGINS=wish).cors_origins == (
        "https://shop.example.com",
        "https://example.com",
        "https://example.com:8443",
        "https://[2001:db8::1]",
    )
