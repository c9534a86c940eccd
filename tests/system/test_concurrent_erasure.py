"""Erasing an account while other things happen to it: gunicorn, several threads, real commits."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.people import PASSWORD, Person, next_week, patiently
from tests.ports import free_port
from tests.stack import BIN, HERE, Stack
from tests.waiting import PATIENCE, wait_until

PROOF = {"password": PASSWORD}
EVENT = text(
    "INSERT INTO stripe_event"
    " (id, payment_id, type, livemode, payload, status, attempts, due_at, received_at, request_id) VALUES"
    " (:id, :of, 'odd.thing', false, '{}', 'received', 1, now() + interval '1 day', now(), '-')"
)


def at_once(stack: Stack, requests: list[httpx.Request]) -> list[int]:
    """The statuses of requests that are sent together."""
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = pool.map(lambda request: patiently(lambda: stack.http.send(request)), requests)
        return [answer.status_code for answer in answers]


def test_of_several_erasures_at_once_one_wins(stack: Stack, client: Person, coach: Person) -> None:
    client.books(coach)
    headers = {"Authorization": f"Bearer {client.token}"}

    statuses = at_once(
        stack, [stack.http.build_request("DELETE", "/auth/me", json=PROOF, headers=headers) for _ in range(6)]
    )

    assert sorted(statuses) == [204, 401, 401, 401, 401, 401]
    with stack.database.connect() as connection:
        erased = text("SELECT count(*) FROM audit_entry WHERE action = 'account.erase' AND subject = :who")
        assert connection.scalar(erased, {"who": f"account:{client.id}"}) == 1


def test_nothing_is_booked_or_signed_in_by_somebody_who_leaves_meanwhile(stack: Stack, coach: Person) -> None:
    for _ in range(2):
        client = Person.registered(stack.http, "client")
        headers = {"Authorization": f"Bearer {client.token}"}
        wishes = [
            {"coach_id": coach.id, "session_datetime": next_week(hour).isoformat(), "duration_minutes": 60}
            for hour in range(3)
        ]
        booking = [
            stack.http.build_request("POST", "/booking", json=each, headers=headers) for each in wishes
        ]
        login = {"email": client.email, "password": PASSWORD}
        renaming = stack.http.build_request("PATCH", "/auth/me", json={"name": "Late Larry"}, headers=headers)
        others = [*booking, renaming, stack.http.build_request("POST", "/auth/login", json=login)]
        erasing = stack.http.build_request("DELETE", "/auth/me", json=PROOF, headers=headers)

        statuses = at_once(stack, [*others[:2], erasing, *others[2:]])

        assert statuses[2] == 204, statuses
        assert not {500, 503} & set(statuses), statuses
        assert left_of(stack, client) == (0, 0, "Erased account")


def left_of(stack: Stack, client: Person) -> tuple[int, int, str]:
    """Bookings that are not off, sign-ins, and the name."""
    query = text(
        "SELECT (SELECT count(*) FROM booking WHERE client_id = person.id"
        "   AND status IN ('pending', 'confirmed')),"
        " (SELECT count(*) FROM sign_in WHERE account_id = person.id), name"
        " FROM account AS person WHERE id = :id"
    )
    with stack.database.connect() as connection:
        bookings, sign_ins, name = connection.execute(query, {"id": client.id}).one()
    return bookings, sign_ins, name


def test_who_leaves_does_not_wait_for_an_event_that_is_being_applied(
    stack: Stack, client: Person, coach: Person
) -> None:
    """Its worker holds the event's row, and waits for the people whom the erasure has locked."""
    checkout = client.checks_out(client.books(coach))
    event = {"id": f"evt_{checkout['payment_id']}", "of": checkout["payment_id"]}
    with stack.database.begin() as worker:
        worker.execute(EVENT, event)
    with stack.database.begin() as worker:
        worker.execute(text("SELECT 1 FROM stripe_event WHERE id = :id FOR UPDATE"), {"id": event["id"]})

        assert client.ask("DELETE", "/auth/me", json=PROOF).status_code == 204
    with stack.database.begin() as connection:  # which others would wait for, as for all that is under way
        connection.execute(text("DELETE FROM stripe_event WHERE id = :id"), {"id": event["id"]})


@contextmanager
def web_server(stack: Stack) -> Iterator[tuple[httpx.Client, Any]]:
    """One of its own beside the system's, which can be killed."""
    port = str(free_port())
    variables = {**stack.variables, "PORT": port, "WEB_CONCURRENCY": "1"}
    command = [BIN / "gunicorn", "wsgi:app"]
    process = subprocess.Popen(command, cwd=HERE, env=variables, start_new_session=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
            wait_until(lambda: _is_up(http))
            yield http, process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def all_about(stack: Stack, person: Person) -> list[Any]:
    """Rows that an erasure changes or removes, from its first to its last statement."""
    queries = (
        "SELECT * FROM booking WHERE client_id = :id",
        "SELECT id, client_id, success_url, session_url FROM payment WHERE client_id = :id",
        "SELECT id, recipient, subject FROM email WHERE recipient = :email",
        "SELECT id, email, name, erased_at FROM account WHERE id = :id",
        "SELECT id, revoked_at FROM sign_in WHERE account_id = :id",
    )
    with stack.database.connect() as connection:
        who = {"id": person.id, "email": person.email}
        return [sorted(map(str, connection.execute(text(query), who))) for query in queries]


def erasing_waits(stack: Stack) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE%'"
    with stack.database.connect() as connection:
        return bool(connection.scalar(text(waiting)))


def test_a_server_that_is_killed_half_way_has_erased_nothing_and_the_next_erases_all(
    stack: Stack, client: Person, coach: Person
) -> None:
    client.checks_out(client.books(coach))
    before = all_about(stack, client)
    headers = {"Authorization": f"Bearer {client.token}"}
    with (
        web_server(stack) as (http, process),
        ThreadPoolExecutor(1) as caller,
        stack.database.begin() as other,
    ):
        other.execute(text("SELECT 1 FROM sign_in WHERE account_id = :id FOR UPDATE"), {"id": client.id})
        answer = caller.submit(http.request, "DELETE", "/auth/me", json=PROOF, headers=headers)
        wait_until(lambda: erasing_waits(stack), every=0.01)
        os.killpg(process.pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            answer.result()

    assert all_about(stack, client) == before
    assert client.ask("DELETE", "/auth/me", json=PROOF).status_code == 204
    assert left_of(stack, client) == (0, 0, "Erased account")
