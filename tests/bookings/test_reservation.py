from datetime import timedelta

from tests.people import Person, next_week


def test_a_requested_time_is_held_for_fifteen_minutes(client: Person, coach: Person) -> None:
    booking = client.books(coach)

    assert booking["status"] == "pending"
    assert booking["amount"] == 75.0
    assert booking["amount_minor"] == 7500
    assert booking["hold_expires_at"].endswith("Z")
    assert booking["payment_id"] is None
    assert client.booking(booking) == booking


def test_a_time_is_sold_once(client: Person, coach: Person) -> None:
    client.books(coach, next_week(10))
    other = Person.registered(client.http, "client")

    answer = other.wish(coach, next_week(10) + timedelta(minutes=30))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/slot-taken"
    assert len(answer.json()["nearest_free"]) == 3


def test_the_nearest_free_starts_can_be_booked(client: Person, coach: Person) -> None:
    client.books(coach, next_week(10))
    other = Person.registered(client.http, "client")
    nearest = other.wish(coach, next_week(10)).json()["nearest_free"]

    answer = other.post(
        "/booking", json={"coach_id": coach.id, "session_datetime": nearest[0], "duration_minutes": 60}
    )

    assert answer.status_code == 201
