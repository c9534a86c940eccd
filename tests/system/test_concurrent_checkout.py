"""Two requests for the payment page of one booking, the one overtaking the other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sqlalchemy import text

from tests.people import Person
from tests.stack import Stack
from tests.waiting import wait_until


def test_other_urls_while_the_first_order_is_under_way_leave_one_page_open(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    stack.sandbox.control("/faults", path="/v1/checkout/sessions", method="POST", delay_seconds=2)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(_asked, client, booking, "https://example.com/first")
        wait_until(lambda: _payments(stack, booking))
        fast = _asked(client, booking, "https://example.com/second")

    assert fast.status_code == 201
    assert slow.result().status_code == 409
    assert _open_pages(stack, booking) == [fast.json()["session_id"]]


def test_many_at_once_with_urls_of_their_own_leave_one_page_open(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: _asked(client, booking, f"https://example.com/{n}"), range(6)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(_open_pages(stack, booking)) == 1


def test_stripe_s_word_that_the_page_is_closed_may_overtake_its_answer(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    first = _asked(client, booking, "https://example.com/first").json()
    closing = {"path": "/v1/checkout/sessions/*/expire", "after_work": True, "delay_seconds": 2}
    stack.sandbox.control("/faults", **closing)

    second = _asked(client, booking, "https://example.com/second")

    assert client.payment(first)["status"] == "expired"
    assert second.status_code == 201
    assert client.booking(booking)["status"] == "pending"
    assert _open_pages(stack, booking) == [second.json()["session_id"]]


def _asked(client: Person, booking: dict[str, Any], success_url: str) -> httpx.Response:
    urls = {"success_url": success_url, "cancel_url": "https://example.com/cancelled"}
    return client.post("/payment/checkout", json={"booking_id": booking["id"]} | urls)


def _payments(stack: Stack, booking: dict[str, Any]) -> int:
    with stack.database.connect() as connection:
        query = text("SELECT count(*) FROM payment_line WHERE booking_id = :id")
        return int(connection.scalar(query, {"id": booking["id"]}) or 0)


def _open_pages(stack: Stack, booking: dict[str, Any]) -> list[str]:
    listed = stack.sandbox.http.get(
        f"{stack.sandbox.stripe_url}/v1/checkout/sessions",
        params={"status": "open", "limit": 100},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    ).json()
    return [page["id"] for page in listed["data"] if page["client_reference_id"] == booking["id"]]
