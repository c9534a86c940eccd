"""What an operator presses on the running system, several times at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from tests.people import Checkout, Person
from tests.stack import Stack
from tests.system.outcomes import confirmed
from tests.waiting import wait_until

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


def entries(stack: Stack, action: str, subject: str) -> int:
    """How often it stands in the log."""
    query = "SELECT 1 FROM audit_entry WHERE action = :action AND subject = :subject"
    return len(look(stack, query, action=action, subject=subject))


def check(told: list[str], done: str, keys: str, refused: set[str]) -> None:
    """One press did it; the others were told so, or given its answer again."""
    assert told.count(done) == 1, told
    assert set(told) - {done} <= ({"again", "request-in-flight"} if keys == "one key" else refused), told


def paid(stack: Stack, client: Person, coach: Person, card: str = "4242424242424242") -> Checkout:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.pays(checkout, card)
    confirmed(client, booking)
    return checkout


def sent_mail(stack: Stack, reader: Person) -> str:
    """The id of the mail that everybody gets first, once it is sent."""
    query = "SELECT id::text FROM email WHERE recipient = :to AND kind = 'verify_address' AND status = 'sent'"
    ((email_id,),) = wait_until(lambda: look(stack, query, to=reader.email))
    return str(email_id)


def rests(stack: Stack, email_id: str) -> None:
    query = "SELECT 1 FROM email WHERE id = :id AND status IN ('queued', 'sending')"
    wait_until(lambda: not look(stack, query, id=email_id))


def at_stripe(stack: Stack, client: Person, checkout: Checkout) -> dict[str, Any]:
    """The payment's dispute there."""
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    path = f"{stack.sandbox.stripe_url}/v1/disputes?payment_intent={intent}"
    found = stack.sandbox.http.get(path, headers={"Authorization": "Bearer sk_test_sandbox"}).json()["data"]
    (dispute,) = found
    return dict(dispute)
