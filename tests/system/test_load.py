"""Many at once, through two gunicorn workers and two Celery workers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from app.accounts import password_hashing
from tests.people import PASSWORD, Person, next_week, patiently
from tests.stack import Stack
from tests.waiting import PATIENCE

CROWD = 200
Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def crowd(stack: Stack) -> Iterator[list[Person]]:
    """Two hundred clients, signed in."""
    shared = password_hashing.hashed(PASSWORD)
    addresses = [f"crowd-{uuid4().hex}@example.com" for _ in range(CROWD)]
    with stack.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO account (id, email, name, role, time_zone, password_hash, reminder_hours)"
                " VALUES (gen_random_uuid(), :email, 'One of many', 'client', 'UTC', :hash, '{}')"
            ),
            [{"email": address, "hash": shared} for address in addresses],
        )
    few = password_hashing.AT_ONCE + password_hashing.MAX_WAITING  # more would be told to come again
    signed_in = _all_at_once(lambda address: Person.signed_in(stack.http, address, PASSWORD), addresses, few)
    with ExitStack() as connections:
        for person in signed_in:  # each with a connection of its own, as people have
            own = httpx.Client(base_url=stack.http.base_url, timeout=PATIENCE)
            person.http = connections.enter_context(own)
        yield signed_in


def _all_at_once(
    do: Callable[[Thing], Answer], things: Sequence[Thing], threads: int = CROWD
) -> list[Answer]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, things))


def wished(client: Person, coach: Person, at: datetime) -> httpx.Response:
    """As a client's program does it: who waited too long in line is told when to come again."""
    return patiently(lambda: client.wish(coach, at))


def _statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_of_two_hundred_clients_after_one_slot_one_gets_it(crowd: list[Person], coach: Person) -> None:
    answers = _all_at_once(lambda client: wished(client, coach, next_week(6)), crowd)

    assert _statuses(answers) == {201: 1, 409: CROWD - 1}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "/problems/slot-taken"


def test_of_many_overlapping_wishes_those_that_win_do_not_overlap(crowd: list[Person], coach: Person) -> None:
    wishes = [(client, next_week(8) + timedelta(minutes=30 * (n % 8))) for n, client in enumerate(crowd)]

    answers = _all_at_once(lambda wish: wished(wish[0], coach, wish[1]), wishes)

    assert set(_statuses(answers)) == {201, 409}
    won = sorted(
        datetime.fromisoformat(answer.json()["session_datetime"])
        for answer in answers
        if answer.status_code == 201
    )
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(won))


def test_two_coaches_wanted_crosswise_are_each_given_to_one_and_nobody_to_two(
    stack: Stack, crowd: list[Person], coach: Person
) -> None:
    other = Person.registered(stack.http, "coach").open_for_business()
    pairs = [(client, pair) for client in crowd[:100] for pair in ((coach, other), (other, coach))]

    def want(wish: tuple[Person, tuple[Person, Person]]) -> list[httpx.Response]:
        client, (first, second) = wish
        return [wished(client, first, next_week(16)), wished(client, second, next_week(16))]

    answers = [answer for both in _all_at_once(want, pairs) for answer in both]

    assert set(_statuses(answers)) == {201, 409}
    won = [answer.json() for answer in answers if answer.status_code == 201]
    assert sorted(booking["coach_id"] for booking in won) == sorted([coach.id, other.id])
    assert len({booking["client_id"] for booking in won}) == 2


def test_one_checkout_asked_for_by_many_at_once_is_one_session(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)

    checkouts = _all_at_once(client.checks_out, [booking] * 8)

    assert len({checkout["session_id"] for checkout in checkouts}) == 1
    assert len({checkout["payment_id"] for checkout in checkouts}) == 1
