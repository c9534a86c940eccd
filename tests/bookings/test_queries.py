"""The list of somebody's bookings."""

from datetime import timedelta
from typing import Any

import pytest

from tests.people import Person, next_week
from tests.shop import Shop
from tests.statements import queries


@pytest.fixture
def three(client: Person, coach: Person) -> list[dict[str, Any]]:
    """Three bookings, in the order of their sessions."""
    return [client.books(coach, next_week(hour)) for hour in (9, 12, 15)]


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_client_and_coach_see_theirs_by_the_time_of_the_session(
    client: Person, coach: Person, three: list[dict[str, Any]]
) -> None:
    expected = [booking["id"] for booking in three]

    assert ids(client.get("/booking")) == expected
    assert ids(coach.get("/booking")) == expected
    assert ids(client.get("/booking?sort=-session_datetime")) == expected[::-1]
    assert ids(client.get("/booking?as=coach")) == []
    assert ids(Person.registered(client.http, "client").get("/booking")) == []


def test_a_page_shows_each_booking_as_its_own_route_does(
    shop: Shop, client: Person, coach: Person, three: list[dict[str, Any]]
) -> None:
    coach.ask("PATCH", "/coach/me", json={"video_url": "https://video.example/room"})
    shop.deliver_event(shop.paid(client.checks_out(three[0])))
    client.post(f"/booking/{three[1]['id']}/cancel", json={"reason": "I am ill"})

    shown = coach.get("/booking").json()["items"]

    assert [each["status"] for each in shown] == ["confirmed", "cancelled", "pending"]
    assert shown == [coach.get(f"/booking/{each['id']}").json() for each in shown]


def test_a_page_takes_two_statements(client: Person, three: list[dict[str, Any]]) -> None:
    with queries() as asked:
        assert len(ids(client.get("/booking"))) == 3

    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2


def test_it_is_filtered_by_status_and_time(client: Person, three: list[dict[str, Any]]) -> None:
    client.post(f"/booking/{three[1]['id']}/cancel", json={})
    noon = (next_week(11) + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")

    assert ids(client.get("/booking?status=cancelled")) == [three[1]["id"]]
    assert ids(client.get(f"/booking?from={noon}")) == [three[1]["id"], three[2]["id"]]
    assert ids(client.get(f"/booking?to={noon}")) == [three[0]["id"]]


@pytest.mark.parametrize("sort", ["session_datetime", "-session_datetime"])
def test_pages_follow_each_other_while_rows_are_written(
    client: Person, coach: Person, three: list[dict[str, Any]], sort: str
) -> None:
    first = client.get(f"/booking?limit=2&sort={sort}").json()
    client.post(f"/booking/{first['items'][0]['id']}/cancel", json={})
    second = client.get(f"/booking?limit=2&sort={sort}&cursor={first['next_cursor']}").json()

    expected = [booking["id"] for booking in three]
    seen = [item["id"] for item in [*first["items"], *second["items"]]]
    assert seen == (expected if sort == "session_datetime" else expected[::-1])
    assert second["next_cursor"] is None
