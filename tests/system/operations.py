"""What an operator presses on the running system, several times at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from tests.people import Person
from tests.system.conftest import Stack

PRESSES = 3


def operator(stack: Stack) -> Person:
    """There is no way to this over HTTP, on purpose."""
    person = Person.registered(stack.http, "client", name="Olu Operator")
    change(stack, "UPDATE account SET role = 'admin' WHERE id = :id", id=person.id)
    return person


def change(stack: Stack, statement: str, **values: Any) -> None:
    with stack.database.begin() as connection:
        connection.execute(text(statement), values)


def look(stack: Stack, query: str, **values: Any) -> list[Any]:
    with stack.database.connect() as connection:
        return list(connection.execute(text(query), values).all())


def at_once(presses: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """All pressed at the same moment, each by a thread of its own."""
    ready = Barrier(len(presses))

    def press(lever: Callable[[], httpx.Response]) -> httpx.Response:
        ready.wait(10)
        return lever()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(press, presses))


def pressed(person: Person, path: str, body: dict[str, Any], keys: str) -> list[httpx.Response]:
    """The same press three times at once: under one key, under a key each, or under none."""
    one = str(uuid4())
    named = {"one key": [one] * PRESSES, "a key each": [str(uuid4()) for _ in range(PRESSES)]}
    wanted = named.get(keys, [None] * PRESSES)

    def press(key: str | None) -> httpx.Response:
        return person.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    return at_once([lambda key=key: press(key) for key in wanted])  # type: ignore[misc]


KEYS = ("one key", "a key each", "no key")


def outcomes(answers: Sequence[httpx.Response]) -> list[str]:
    """What each was told: the status of a success, `again` for a replay, the type of a refusal."""
    return sorted(map(_outcome, answers))


def _outcome(answer: httpx.Response) -> str:
    if "Idempotent-Replayed" in answer.headers:
        return "again"
    if answer.is_success:
        return str(answer.status_code)
    return str(answer.json()["type"]).removeprefix("/problems/")
