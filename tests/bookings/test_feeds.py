"""Calendars that one subscribes to."""

import httpx
from icalendar import Calendar

from tests.bookings.paid_bookings import paid, subscribed
from tests.people import Person, next_week
from tests.shop import Shop


def test_both_find_their_sessions_in_it(
    shop: Shop, http: httpx.Client, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week())

    for person in (client, coach):
        feed = Calendar.from_ical(http.get(subscribed(person)).text)
        assert [str(event["UID"]) for event in feed.events] == [f"booking-{booking_id}@culturebridge"]
        assert feed["METHOD"] == "PUBLISH"
        assert feed["NAME"] == feed["X-WR-CALNAME"] == "CultureBridge sessions"
        assert "ATTENDEE" not in feed.events[0]  # RFC 5546, 3.2.1


def test_what_is_off_is_not_in_it(shop: Shop, http: httpx.Client, client: Person, coach: Person) -> None:
    address = subscribed(client)
    booking_id = paid(shop, client, coach, next_week())
    before = http.get(address)
    client.post(f"/booking/{booking_id}/cancel", json={})

    after = http.get(address, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert Calendar.from_ical(after.text).events == []


def test_what_has_not_changed_is_not_sent_again(
    shop: Shop, http: httpx.Client, client: Person, coach: Person
) -> None:
    paid(shop, client, coach, next_week())
    address = subscribed(coach)
    first = http.get(address)
    etag = first.headers["ETag"]

    assert first.headers["Cache-Control"] == "no-store"  # by no cache: only the program keeps it
    assert http.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_a_renewed_or_revoked_address_leads_nowhere(http: httpx.Client, client: Person) -> None:
    old = subscribed(client)
    new = subscribed(client)

    assert http.get(old).status_code == 404
    assert http.get(new).status_code == 200
    client.ask("DELETE", "/booking/feed")
    assert http.get(new).status_code == 404


def test_a_coach_s_feed_has_an_address_of_its_own(http: httpx.Client, client: Person, coach: Person) -> None:
    token = subscribed(coach).partition("token=")[2]

    assert http.get(f"/coach/{coach.id}/calendar.ics?token={token}").status_code == 200
    assert (
        http.get(
            f"/coach/{coach.id}/calendar.ics?token={subscribed(client).partition('token=')[2]}"
        ).status_code
        == 404
    )


def test_the_end_of_all_sign_ins_ends_it_too(http: httpx.Client, client: Person) -> None:
    address = subscribed(client)
    assert http.get(address).status_code == 200

    assert client.ask("DELETE", "/auth/sign-in").status_code == 204

    assert http.get(address).status_code == 404
