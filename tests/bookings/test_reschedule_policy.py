"""Moving a session takes nobody around the policy it was booked under."""

from datetime import datetime

import httpx

from tests.bookings.paid_bookings import mails, paid, refunded, soon
from tests.people import Person, next_week
from tests.shop import Shop

NOTHING_WITHIN_A_DAY = {
    "tiers": [{"hours_before": 24, "refund_percent": 100}],
    "client_notice_minutes": 60,
    "coach_notice_minutes": 0,
}


def booked(shop: Shop, client: Person, coach: Person, at: datetime) -> str:
    coach.ask("PATCH", "/coach/me", json={"cancellation_policy": NOTHING_WITHIN_A_DAY})
    return paid(shop, client, coach, at)


def moves(person: Person, booking_id: str, to: datetime) -> httpx.Response:
    return person.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": to.isoformat()})


def cancels(person: Person, booking_id: str) -> httpx.Response:
    return person.post(f"/booking/{booking_id}/cancel", json={})


def test_a_late_client_who_moves_it_far_away_first_gets_no_more_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = booked(shop, client, coach, soon(5))
    assert moves(client, booking_id, next_week()).status_code == 200

    assert client.get(f"/booking/{booking_id}/cancellation").json()["refund_percent"] == 0
    assert cancels(client, booking_id).json()["cancellation"]["refund_percent"] == 0
    assert refunded(shop) == []


def test_a_client_who_moves_it_in_time_keeps_the_policy(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = booked(shop, client, coach, next_week())
    moves(client, booking_id, next_week(15))

    cancels(client, booking_id)

    assert refunded(shop) == [7500]


def test_whose_session_the_coach_moved_may_cancel_until_it_begins_and_gets_all_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = booked(shop, client, coach, soon(5))
    assert moves(coach, booking_id, soon(8)).status_code == 200
    assert "full refund" in mails(shop, "booking_moved")[client.email].text_body
    assert "refund" not in mails(shop, "booking_moved")[coach.email].text_body

    assert cancels(client, booking_id).status_code == 200
    assert refunded(shop) == [7500]


def test_who_then_moves_it_too_keeps_what_the_coach_s_move_gave(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = booked(shop, client, coach, soon(5))
    assert moves(coach, booking_id, soon(8)).status_code == 200
    moves(client, booking_id, next_week(15))

    cancels(client, booking_id)

    assert refunded(shop) == [7500]
