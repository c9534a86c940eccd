"""A coach's name and headline change at the same moment: the directory finds the coach by both."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from tests.people import Person
from tests.stack import Stack
from tests.waiting import wait_until

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
ROW = text("SELECT FROM coach WHERE id = :id FOR NO KEY UPDATE")
Ask = Callable[[], httpx.Response]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def waiting(stack: Stack) -> int:
    with stack.database.connect() as connection:
        return connection.scalar(WAITING) or 0


def one_behind_the_other(stack: Stack, pool: ThreadPoolExecutor, coach: Person, asks: list[Ask]) -> list[int]:
    """The statuses of requests that all wait for the coach's row, in this order, until it is free."""
    asked: list[Future[httpx.Response]] = []

    def waits() -> bool:
        return waiting(stack) >= len(asked) or asked[-1].done()

    with stack.database.begin() as somebody_else:
        somebody_else.execute(ROW, {"id": coach.id})
        for ask in asks:
            asked.append(pool.submit(ask))
            wait_until(waits)
    return [each.result().status_code for each in asked]


def sends(stack: Stack, person: Person, method: str, path: str, body: dict[str, Any]) -> Ask:
    headers = {"Authorization": f"Bearer {person.token}"}
    return lambda: stack.http.request(method, path, json=body, headers=headers)


def found(stack: Stack, searched: str) -> list[str]:
    return [each["id"] for each in stack.http.get("/coach", params={"q": searched}).json()["items"]]


@pytest.mark.parametrize("order", [1, -1], ids=["name first", "headline first"])
def test_a_coach_is_found_by_a_name_and_a_headline_that_came_at_once(
    stack: Stack, coach: Person, pool: ThreadPoolExecutor, order: int
) -> None:
    name, headline = f"Zoë{uuid4().hex[:8]}", f"Größe{uuid4().hex[:8]}"
    asks = [
        sends(stack, coach, "PATCH", "/auth/me", {"name": name}),
        sends(stack, coach, "PATCH", "/coach/me", {"headline": headline}),
    ]

    assert one_behind_the_other(stack, pool, coach, asks[::order]) == [200, 200]

    assert found(stack, name.replace("ë", "e")) == [coach.id]
    assert found(stack, headline.replace("öß", "oss")) == [coach.id]
