"""A Stripe that keeps a request waiting: it is answered before a router gives up, and nothing is lost."""

import time
from typing import Any

import httpx
import pytest

from tests.people import PASSWORD, Person
from tests.stack import Stack
from tests.waiting import wait_until

URLS = {"success_url": "http://a.example/", "cancel_url": "http://a.example/"}
ANSWERED_WITHIN = 15.0
"""Seconds; a router such as Heroku's cuts after 30."""
FAULTS: dict[str, dict[str, Any]] = {
    "silent": {"delay_seconds": 18},
    "silent after it worked": {"delay_seconds": 18, "after_work": True},
    "drips": {"drip_seconds": 2},
    "hangs up": {"close_connection": True, "delay_seconds": 9},
}


def timed(ask: Any) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    answer: httpx.Response = ask()
    return answer, time.monotonic() - began


def sessions_of(stack: Stack, booking: dict[str, Any]) -> list[dict[str, Any]]:
    key = {"Authorization": "Bearer sk_test_sandbox"}
    listed = stack.sandbox.http.get(f"{stack.sandbox.stripe_url}/v1/checkout/sessions?limit=100", headers=key)
    return [each for each in listed.json()["data"] if each["client_reference_id"] == booking["id"]]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FAULTS)
def test_a_checkout_is_answered_in_time_and_the_same_request_works_afterwards(
    stack: Stack, client: Person, coach: Person, name: str
) -> None:
    booking = client.books(coach)
    wish = {"booking_id": booking["id"], **URLS}
    stack.sandbox.control("/faults", path="/v1/checkout/sessions", method="POST", times=3, **FAULTS[name])

    answer, seconds = timed(lambda: client.post("/payment/checkout", json=wish))
    assert seconds < ANSWERED_WITHIN
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    stack.sandbox.behaves()

    wait_until(lambda: client.post("/payment/checkout", json=wish).is_success, timeout=60)
    checkout = client.post("/payment/checkout", json=wish).json()
    assert [each["id"] for each in sessions_of(stack, booking)] == [checkout["session_id"]]
    assert stack.sandbox.pays(checkout).status_code == 303
    wait_until(lambda: client.booking(booking)["status"] == "confirmed", timeout=30)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["silent", "drips"])
def test_two_calls_share_one_budget(stack: Stack, client: Person, coach: Person, name: str) -> None:
    """The open page is closed before another opens; each of the two answers slowly."""
    booking = client.books(coach)
    client.checks_out(booking)
    slow = FAULTS[name] | ({"delay_seconds": 8} if name == "silent" else {})
    for path in ("/v1/checkout/sessions/*", "/v1/checkout/sessions"):
        stack.sandbox.control("/faults", path=path, method="POST", times=3, **slow)

    wish = {"booking_id": booking["id"], **URLS}
    answer, seconds = timed(lambda: client.post("/payment/checkout", json=wish))

    assert (answer.status_code, seconds < ANSWERED_WITHIN) == (503, True)
    stack.sandbox.behaves()
    wait_until(lambda: client.post("/payment/checkout", json=wish).is_success, timeout=60)
    assert [each["status"] for each in sessions_of(stack, booking)].count("open") == 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("ask", ["cancel", "erase"])
def test_what_leaves_stripe_to_a_job_does_not_wait_for_it(
    stack: Stack, client: Person, coach: Person, ask: str
) -> None:
    booking = client.books(coach)
    client.checks_out(booking)
    stack.sandbox.control("/faults", times=9, delay_seconds=20)

    if ask == "cancel":
        answer, seconds = timed(lambda: client.post(f"/booking/{booking['id']}/cancel", json={}))
    else:
        body = {"password": PASSWORD}
        answer, seconds = timed(lambda: client.ask("DELETE", "/auth/me", json=body))

    assert seconds < ANSWERED_WITHIN
    assert answer.status_code < 500
