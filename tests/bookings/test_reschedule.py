"""Moving a session to another time."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from app.bookings import lifecycle
from app.http.schema_types import instant_text
from tests.bookings.paid_bookings import mails, paid
from tests.people import Person, next_week
from tests.problems import pointers
from tests.shop import Shop


def test_it_moves_keeps_its_payment_and_both_are_told(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    before = client.get(f"/booking/{booking_id}").json()

    moved = client.post(
        f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()}
    ).json()

    assert moved["session_datetime"] == next_week(15).isoformat().replace("+00:00", "Z")
    assert (moved["duration_minutes"], moved["amount_minor"], moved["payment_id"]) == (
        60,
        7500,
        before["payment_id"],
    )
    assert set(mails(shop, "booking_moved")) == {client.email, coach.email}


def test_the_old_time_is_free_and_the_new_one_is_not(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    client.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})
    other = Person.registered(client.http, "client")

    assert other.wish(coach, next_week(15)).status_code == 409
    assert other.wish(coach, next_week(10)).status_code == 201


def test_it_may_move_by_less_than_its_length(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    half_an_hour_later = next_week(10) + timedelta(minutes=30)

    answer = coach.post(
        f"/booking/{booking_id}/reschedule", json={"session_datetime": half_an_hour_later.isoformat()}
    )

    assert answer.status_code == 200


def test_a_taken_time_is_refused_with_the_nearest_free_ones(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    Person.registered(client.http, "client").books(coach, next_week(15))

    refused = client.post(
        f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()}
    )

    assert refused.json()["type"] == "/problems/slot-taken"
    assert len(refused.json()["nearest_free"]) == 3
    assert (
        client.get(f"/booking/{booking_id}")
        .json()["session_datetime"]
        .startswith(f"{next_week(10):%Y-%m-%dT%H:%M}")
    )


def test_its_own_time_is_among_the_nearest_free_ones(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    Person.registered(client.http, "client").books(coach, next_week(11))
    wish = {"session_datetime": (next_week(10) + timedelta(minutes=30)).isoformat()}

    refused = client.post(f"/booking/{booking_id}/reschedule", json=wish)

    assert instant_text(next_week(10)) in refused.json()["nearest_free"]


def test_a_time_between_the_steps_is_pointed_at_and_not_called_taken(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    wish = {"session_datetime": (next_week(10) + timedelta(minutes=5)).isoformat()}

    refused = client.post(f"/booking/{booking_id}/reschedule", json=wish)

    assert pointers(refused) == ["/session_datetime"]


def test_the_event_moves_in_the_calendar(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    invited = Calendar.from_ical(mails(shop, "booking_confirmed")[coach.email].calendar or "").events[0]

    client.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})

    moved = Calendar.from_ical(mails(shop, "booking_moved")[coach.email].calendar or "")
    assert moved["METHOD"] == "REQUEST"
    assert moved.events[0]["UID"] == invited["UID"]
    assert moved.events[0]["SEQUENCE"] == invited["SEQUENCE"] + 1
    assert moved.events[0].start == next_week(15)


def test_the_history_says_who_did_what(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    coach.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})
    client.post(f"/booking/{booking_id}/cancel", json={"reason": "no time"})

    items = client.get(f"/booking/{booking_id}/history").json()["items"]

    assert [(item["before"], item["after"]) for item in items] == [
        (None, "pending"),
        ("pending", "confirmed"),
        ("confirmed", "confirmed"),
        ("confirmed", "cancelled"),
    ]
    assert [item["by"].partition(":")[0] for item in items] == ["client", "stripe", "coach", "client"]


def test_a_session_is_moved_so_often_and_no_more(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its history is answered whole, and each move is a mail to both."""
    assert lifecycle.MAX_MOVES <= 100
    monkeypatch.setattr(lifecycle, "MAX_MOVES", 4)
    booking_id = paid(shop, client, coach, next_week(10))
    path, places = f"/booking/{booking_id}/reschedule", [next_week(15).isoformat(), next_week(10).isoformat()]

    statuses = [coach.post(path, json={"session_datetime": places[n % 2]}).status_code for n in range(4)]
    refused = client.post(path, json={"session_datetime": places[0]})

    assert set(statuses) == {200}
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-moves")
    assert client.post(path, json={"session_datetime": places[1]}).status_code == 200  # where it is already
    assert client.post(f"/booking/{booking_id}/cancel", json={}).status_code == 200
