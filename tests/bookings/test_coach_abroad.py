"""A coach who stays in another time zone: what is told of a session then speaks of the clocks there."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from tests.bookings.paid_bookings import mails, paid
from tests.people import Person, next_week
from tests.shop import Shop


@pytest.fixture
def traveller(coach: Person) -> Person:
    """In Tokyo next week, in Paris the week after."""
    stay = {
        "first_date": f"{next_week() - timedelta(days=1):%Y-%m-%d}",
        "last_date": f"{next_week() + timedelta(days=1):%Y-%m-%d}",
        "time_zone": "Asia/Tokyo",
    }
    hours = coach.get("/coach/me/availability").json()["weekly"]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": hours, "stays": [stay]})
    assert answer.status_code == 200, answer.text
    return coach


def test_mail_and_calendar_speak_of_the_clocks_where_the_coach_is_then(
    shop: Shop, client: Person, traveller: Person
) -> None:
    paid(shop, client, traveller, next_week(10))

    to_coach = mails(shop, "booking_confirmed")[traveller.email]

    assert "19:00 to 20:00 (Asia/Tokyo, UTC+09:00)" in to_coach.text_body
    (event,) = Calendar.from_ical(to_coach.calendar or "").events
    assert event.start == next_week(10)


def test_moved_beyond_the_stay_it_names_both_clocks(shop: Shop, client: Person, traveller: Person) -> None:
    booking_id = paid(shop, client, traveller, next_week(10))
    at_home_again = next_week(10) + timedelta(days=7)

    client.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": at_home_again.isoformat()})

    to_coach = mails(shop, "booking_moved")[traveller.email]
    assert "Europe/Paris" in to_coach.text_body.partition("Before")[0]
    assert "19:00 (Asia/Tokyo, UTC+09:00)" in to_coach.text_body.partition("Before")[2]
    (event,) = Calendar.from_ical(to_coach.calendar or "").events
    assert event.start == at_home_again


def test_the_client_s_mail_speaks_of_the_client_s_clocks(
    shop: Shop, client: Person, traveller: Person
) -> None:
    paid(shop, client, traveller, next_week(10))

    assert "(Europe/London, " in mails(shop, "booking_confirmed")[client.email].text_body
