"""Erasing an account while other things happen to it: gunicorn, several threads, real commits."""

from concurrent.futures import ThreadPoolExecutor

import httpx
from sqlalchemy import text

from tests.flow.conftest import Stack
from tests.people import PASSWORD, Person, next_week


def at_once(stack: Stack, requests: list[httpx.Request]) -> list[int]:
    """The statuses of requests that are sent together."""
    with ThreadPoolExecutor(len(requests)) as pool:
        return [answer.status_code for answer in pool.map(stack.http.send, requests)]


def test_of_several_erasures_at_once_one_wins(stack: Stack, client: Person, coach: Person) -> None:
    client.books(coach)
    headers = {"Authorization": f"Bearer {client.token}"}

    statuses = at_once(
        stack, [stack.http.build_request("DELETE", "/auth/me", headers=headers) for _ in range(6)]
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
        erasing = stack.http.build_request("DELETE", "/auth/me", headers=headers)

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
