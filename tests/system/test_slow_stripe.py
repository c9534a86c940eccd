"""A Stripe that keeps a request waiting: it is answered before a router gives up, and nothing is lost.

Every checkout waits at once, so that all of them together take no longer than the slowest.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.people import PASSWORD, Person
from tests.stack import Stack
from tests.waiting import wait_until

URLS = {"success_url": "http://a.example/", "cancel_url": "http://a.example/"}
SESSIONS = "/v1/checkout/sessions"
ANSWERED_WITHIN = 15.0
"""Seconds; a router such as Heroku's cuts after 30."""
FAULTS: dict[str, dict[str, Any]] = {
    "silent": {"delay_seconds": 18},
    "silent after it worked": {"delay_seconds": 18, "after_work": True},
    "drips": {"drip_seconds": 2},
    "hangs up": {"close_connection": True, "delay_seconds": 9},
}
FAULTS_OF_TWO_CALLS: dict[str, dict[str, Any]] = {
    "silent": {"delay_seconds": 8},
    "drips": {"drip_seconds": 2},
}


@dataclass
class Slow:
    """A checkout that Stripe answered slowly, and how it was answered to the client."""

    client: Person
    booking: dict[str, Any]
    answer: httpx.Response
    seconds: float

    def again(self) -> httpx.Response:
        return asked(self.client, self.booking)


def asked(client: Person, booking: dict[str, Any]) -> httpx.Response:
    return client.post("/payment/checkout", json={"booking_id": booking["id"], **URLS})


def timed(ask: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began


def fails(stack: Stack, path: str, **fault: Any) -> None:
    stack.sandbox.control("/faults", path=path, method="POST", times=3, **fault)


def booked(stack: Stack) -> tuple[Person, dict[str, Any]]:
    client = Person.registered(stack.http, "client", "Europe/London")
    coach = Person.registered(stack.http, "coach", "Europe/Paris").open_for_business()
    return client, client.books(coach)


@pytest.fixture(scope="module")
def slow(stack: Stack) -> dict[tuple[int, str], Slow]:
    """By the number of calls to Stripe that are slow, and how."""
    waiting = {}
    for name, fault in FAULTS.items():
        client, booking = booked(stack)
        fails(stack, SESSIONS, params={"client_reference_id": booking["id"]}, **fault)
        waiting[1, name] = (client, booking)
    for name, fault in FAULTS_OF_TWO_CALLS.items():
        client, booking = booked(stack)
        open_page = client.checks_out(booking)["session_id"]
        fails(stack, f"{SESSIONS}/{open_page}*", **fault)
        fails(stack, SESSIONS, params={"client_reference_id": booking["id"]}, **fault)
        waiting[2, name] = (client, booking)
    with ThreadPoolExecutor(len(waiting)) as pool:
        answers = pool.map(lambda each: timed(lambda: asked(*each)), waiting.values())
    stack.sandbox.behaves()
    return {case: Slow(*waiting[case], *answer) for case, answer in zip(waiting, answers, strict=True)}


def sessions_of(stack: Stack, booking: dict[str, Any]) -> list[dict[str, Any]]:
    key = {"Authorization": "Bearer sk_test_sandbox"}
    listed = stack.sandbox.http.get(f"{stack.sandbox.stripe_url}{SESSIONS}?limit=100", headers=key)
    return [each for each in listed.json()["data"] if each["client_reference_id"] == booking["id"]]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FAULTS)
def test_a_checkout_is_answered_in_time_and_the_same_request_works_afterwards(
    stack: Stack, slow: dict[tuple[int, str], Slow], name: str
) -> None:
    checkout = slow[1, name]
    assert checkout.seconds < ANSWERED_WITHIN
    assert (checkout.answer.status_code, int(checkout.answer.headers["Retry-After"]) > 0) == (503, True)

    wait_until(lambda: checkout.again().is_success, timeout=60)
    page = checkout.again().json()
    assert [each["id"] for each in sessions_of(stack, checkout.booking)] == [page["session_id"]]
    assert stack.sandbox.pays(page).status_code == 303
    wait_until(lambda: checkout.client.booking(checkout.booking)["status"] == "confirmed", timeout=30)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FAULTS_OF_TWO_CALLS)
def test_two_calls_share_one_budget(stack: Stack, slow: dict[tuple[int, str], Slow], name: str) -> None:
    """The open page is closed before another opens; each of the two answers slowly."""
    checkout = slow[2, name]
    assert (checkout.answer.status_code, checkout.seconds < ANSWERED_WITHIN) == (503, True)

    wait_until(lambda: checkout.again().is_success, timeout=60)
    assert [each["status"] for each in sessions_of(stack, checkout.booking)].count("open") == 1


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
