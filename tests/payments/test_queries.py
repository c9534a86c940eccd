"""Somebody's payments, the newest first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.people import Person, next_week
from tests.shop import Shop, become_admin


def ids(person: Person, query: str = "") -> list[str]:
    return [payment["id"] for payment in person.get(f"/payment{query}").json()["items"]]


def test_client_and_coach_see_their_own(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    other_coach = Person.registered(client.http, "coach").open_for_business()
    mine = client.checks_out(client.books(other_coach, next_week(15)))

    assert ids(client) == [mine["payment_id"], checkout["payment_id"]]
    assert ids(coach) == [checkout["payment_id"]]
    assert ids(Person.registered(client.http, "client")) == []


def test_filtered_by_booking_and_status(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    unpaid = client.books(coach, next_week(15))
    waiting = client.checks_out(unpaid)

    assert ids(client, f"?booking_id={booking['id']}") == [checkout["payment_id"]]
    assert ids(client, "?status=pending") == [waiting["payment_id"]]
    assert ids(client, f"?booking_id={unpaid['id']}&status=succeeded") == []
    assert client.get("/payment?status=lost").status_code == 422


def test_paged_without_a_gap(shop: Shop, client: Person, coach: Person) -> None:
    made = [client.checks_out(client.books(coach, next_week(hour)))["payment_id"] for hour in (8, 10, 12)]

    first = client.get("/payment?limit=2").json()
    rest = client.get(f"/payment?limit=2&cursor={first['next_cursor']}").json()

    assert [payment["id"] for payment in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_an_admin_sees_them_all(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    admin = Person.registered(client.http, "client")
    become_admin(admin)

    assert ids(admin) == [checkout["payment_id"]]


def test_a_longer_page_takes_no_more_queries(shop: Shop, client: Person, coach: Person) -> None:
    for hour in (8, 10, 12):
        client.checks_out(client.books(coach, next_week(hour)))

    with queries() as of_one:
        assert len(ids(client, "?limit=1")) == 1
    with queries() as of_three:
        assert len(ids(client)) == 3

    assert len(of_three) == len(of_one)


@pytest.mark.parametrize("sessions", [2, 12])
def test_a_payment_of_a_longer_series_takes_no_more_queries(
    shop: Shop, client: Person, coach: Person, sessions: int
) -> None:
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366})
    checkout = client.checks_out(client.books_series(coach, sessions))

    with queries() as asked:
        assert len(client.payment(checkout)["lines"]) == sessions

    assert len(asked) == 7


@contextmanager
def queries() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)
