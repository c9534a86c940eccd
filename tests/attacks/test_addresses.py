"""Addresses that people send, where a browser or a mail's reader will go."""

import httpx
import pytest

from app.config.settings import Environment
from tests.configuration import Configure
from tests.people import PAID, PASSWORD, Person

OTHERWISE_READ = [
    "javascript:alert(1)",
    "JaVaScRiPt://www.example.com/%0Aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "//www.example.com",
    r"https:\\www.example.com",
    r"https://www.example.com\@evil.example.com/",
    "https://www.example.com@evil.example.com/",
    "https://:secret@evil.example.com/",
    "https://@evil.example.com/",
    "\x01https://www.example.com/",
    "https://www.exam\tple.com/",
    "https://{CHECKOUT_SESSION_ID}.evil.example.com/",
    "https://www.example.com{CHECKOUT_SESSION_ID}/",
]
"""What two programs may take for two different places."""
ELSEWHERE = [
    "https://evil.example.com/?at=https://www.example.com",
    "https://evil.example.com/#https://www.example.com",
    "https://www.example.com.evil.example.com/",
    "https://www.ex\u0430mple.com/",
    "https://www.example.com\uff0eevil.example.com/",
    "https://www.example.com:8443/",
    "http://www.example.com/",
]


def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("url", OTHERWISE_READ)
def test_an_address_that_can_be_read_in_two_ways_is_refused(client: Person, coach: Person, url: str) -> None:
    order = {"booking_id": client.id, "success_url": url, "cancel_url": url}
    account = {"refresh_url": url, "return_url": url, "password": PASSWORD}

    assert refused(client.post("/payment/checkout", json=order)) == ["/success_url", "/cancel_url"]
    assert refused(coach.post("/coach/me/payout-account", json=account)) == ["/refresh_url", "/return_url"]
    assert refused(coach.ask("PATCH", "/coach/me", json={"video_url": url})) == ["/video_url"]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_in_production_nobody_is_sent_elsewhere(
    client: Person, coach: Person, configure: Configure, url: str
) -> None:
    configure(app_env=Environment.PRODUCTION, allowed_redirect_origins=("https://www.example.com",))
    order = {"booking_id": client.books(coach)["id"], "success_url": url, "cancel_url": url}
    account = {"refresh_url": "https://www.example.com/", "return_url": url, "password": PASSWORD}

    assert refused(client.post("/payment/checkout", json=order)) == ["/success_url", "/cancel_url"]
    configure(stripe_connect=True)
    assert refused(coach.post("/coach/me/payout-account", json=account)) == ["/return_url"]


def test_what_stripe_fills_in_may_stand_behind_the_place(client: Person, coach: Person) -> None:
    order = {"booking_id": client.id, "success_url": PAID, "cancel_url": PAID}

    assert client.post("/payment/checkout", json=order).status_code == 404, "the booking, not the address"
