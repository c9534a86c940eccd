"""Somebody's payments, the newest first."""

import pytest

from tests.payments.disputes.opened_disputes import disputed
from tests.payments.ledger.lost_disputes import hears
from tests.people import Person, next_week
from tests.shop import Shop, become_admin
from tests.statements import queries


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


def test_a_page_shows_each_payment_as_its_own_route_does(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund = {"amount": 10, "reason": "a part"}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=refund).status_code == 202
    disputed(shop, client, checkout)
    hears(shop, checkout)
    other = Person.registered(client.http, "coach").open_for_business()
    client.checks_out(client.books(other, next_week(15)))
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366})
    series = client.wish_series(other, next_week(12), 3).json()
    shop.deliver_event(shop.paid(client.checks_out(series)))

    for reader, count in ((client, 3), (coach, 1), (admin, 3)):
        shown = reader.get("/payment").json()["items"]
        assert len(shown) == count
        assert shown == [reader.get(f"/payment/{each['id']}").json() for each in shown]

    (series_payment, _, first) = client.get("/payment").json()["items"]
    assert [line["booking_id"] for line in series_payment["lines"]] == [
        each["id"] for each in series["items"]
    ]
    assert (len(first["refunds"]), len(first["disputes"])) == (1, 1)


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
