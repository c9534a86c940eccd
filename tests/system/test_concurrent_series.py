"""Weekly series and refunds that are wanted by several at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx

from tests.people import Person, next_week, patiently
from tests.stack import Stack
from tests.system.outcomes import confirmed
from tests.waiting import wait_until


def test_series_wanted_crosswise_over_holds_that_ran_out_are_each_given_to_one(
    stack: Stack, coach: Person
) -> None:
    """Every client is in every other's way at both coaches, by holds that nobody has swept yet."""
    pair = (coach, Person.registered(stack.http, "coach").open_for_business())
    clients = [Person.registered(stack.http, "client") for _ in range(6)]
    for week in range(6):
        stack.run_out(clients[week].books(pair[week % 2], next_week() + timedelta(weeks=week)))

    def want(wish: tuple[Person, Person]) -> httpx.Response:
        return patiently(lambda: wish[0].wish_series(wish[1], next_week(), 6, skip_taken=True))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(want, [(client, each) for client in clients for each in pair]))

    assert {answer.status_code for answer in answers} == {201, 409}
    held = [booking for each in answers if each.status_code == 201 for booking in each.json()["items"]]
    assert Counter(booking["coach_id"] for booking in held) == {each.id: 6 for each in pair}
    assert len({(booking["coach_id"], booking["session_datetime"]) for booking in held}) == 12


def test_a_client_who_asks_for_many_at_once_holds_three(stack: Stack, client: Person, coach: Person) -> None:
    def want(hour: int) -> httpx.Response:
        if hour % 2:
            return patiently(lambda: client.wish(coach, next_week(hour)))
        return patiently(lambda: client.wish_series(coach, next_week(hour), 3))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(want, range(6, 14)))

    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 5}
    assert {each.json()["type"] for each in answers if each.status_code == 409} == {
        "/problems/too-many-holds"
    }


def test_refunds_and_a_cancelling_at_once_give_back_no_more_than_was_paid(
    stack: Stack, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    stack.sandbox.pays(checkout)
    first, *others = series["items"]
    confirmed(client, first)

    def give(booking: dict[str, Any]) -> httpx.Response:
        wish = {"booking_id": booking["id"], "amount": 30, "reason": "a kindness"}
        return patiently(lambda: coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish))

    with ThreadPoolExecutor(12) as pool:
        cancelling = pool.submit(patiently, lambda: client.post(f"/booking/{first['id']}/cancel", json={}))
        answers = list(pool.map(give, [first, *others] * 3))

    assert cancelling.result().status_code == 200
    assert {answer.status_code for answer in answers} <= {202, 409, 422}
    payment = wait_until(
        lambda: (seen := client.payment(checkout))["amount_refunded_minor"] == 7500 + 6000 + 6000 and seen
    )
    given_back: Counter[str] = Counter()
    for refund in payment["refunds"]:
        given_back[refund["booking_id"]] += refund["amount_minor"]
    assert given_back == {first["id"]: 7500} | {each["id"]: 6000 for each in others}
    assert {refund["status"] for refund in payment["refunds"]} == {"succeeded"}
