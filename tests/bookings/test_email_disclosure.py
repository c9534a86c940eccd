"""An address is what somebody signs in with: the two of a booking learn each other's once it is paid for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar

from app.bookings import cancellation, lifecycle
from app.bookings.models import Booking
from app.emails.models import Email
from app.extensions import db
from tests.people import Person
from tests.shop import Shop

Held = dict[str, Any]


def leaves_it(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    """Nobody does anything with it."""


def opens_the_page(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    client.checks_out(held)


def client_cancels(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    assert client.post(f"/booking/{held['id']}/cancel", json={}).status_code == 200


def coach_cancels(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    assert coach.post(f"/booking/{held['id']}/cancel", json={"reason": "ill"}).status_code == 200


def it_runs_out(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    shop.work(lambda: lifecycle.expire(db.session.get_one(Booking, UUID(held["id"]))))


def coach_leaves(shop: Shop, client: Person, coach: Person, held: Held) -> None:
    shop.work(
        lambda: cancellation.cancel_for_erasure(
            db.session.get_one(Booking, UUID(held["id"])), "coach", "left"
        )
    )  # type: ignore[arg-type]


UNPAID = [leaves_it, opens_the_page, client_cancels, coach_cancels, it_runs_out, coach_leaves]


def answers_to(person: Person, held: Held) -> dict[str, str]:
    """All that the API answers one of the two about a booking, also where it refuses."""
    of_it, feed = f"/booking/{held['id']}", person.post("/booking/feed").json()["url"]
    payment = person.get(of_it).json()["payment_id"]
    answers = {
        path: person.get(path).text
        for path in (
            of_it,
            f"{of_it}/history",
            f"{of_it}/cancellation",
            f"{of_it}/calendar.ics",
            "/booking",
            f"/payment/{payment}",
            f"/coach/{held['coach_id']}",
            "/coach",
            "/auth/me/export",
        )
    }
    again = {"session_datetime": held["session_datetime"]}
    answers["reschedule"] = person.post(f"{of_it}/reschedule", json=again).text
    answers["complete"] = person.post(f"{of_it}/complete").text
    return {path: text.replace("\r\n ", "") for path, text in answers.items()} | {
        "feed": person.http.get(feed).text
    }


def who_is_named(shop: Shop, reader: Person, other: Person, held: Held) -> list[str]:
    """Where one reads the other's address."""
    mails = {
        mail.kind: f"{mail.text_body}{mail.html_body}{mail.calendar}{mail.reply_to}{mail.subject}"
        for mail in shop.rows(Email)
        if mail.recipient == reader.email
    }
    said = answers_to(reader, held) | mails
    return sorted(place for place, text in said.items() if other.email in text)


@pytest.mark.parametrize("happens", UNPAID)
def test_before_it_is_paid_for_neither_learns_the_other_s(
    shop: Shop, client: Person, coach: Person, happens: Callable[[Shop, Person, Person, Held], None]
) -> None:
    held = client.books(coach)
    happens(shop, client, coach, held)

    assert who_is_named(shop, client, coach, held) == []
    assert who_is_named(shop, coach, client, held) == []


def test_of_an_unpaid_series_nobody_s_address_is_told(shop: Shop, client: Person, coach: Person) -> None:
    series = client.books_series(coach)
    client.checks_out(series)

    for reader, other in ((client, coach), (coach, client)):
        assert other.email not in reader.get(f"/booking/series/{series['id']}").text
        for held in series["items"]:
            assert who_is_named(shop, reader, other, held) == []


def test_once_it_is_paid_for_each_learns_the_other_s_and_keeps_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.prove_address()
    booking, _ = shop.pays_for(client, coach)
    of_it = f"/booking/{booking['id']}/calendar.ics"
    places = ["/auth/me/export", of_it, "booking_confirmed"]

    assert who_is_named(shop, client, coach, booking) == places
    assert who_is_named(shop, coach, client, booking) == places

    client_cancels(shop, client, coach, booking)
    assert who_is_named(shop, client, coach, booking) == sorted([*places, "booking_cancelled"])


def test_the_file_of_a_held_time_is_no_invitation(client: Person, coach: Person) -> None:
    path = f"/booking/{client.books(coach)['id']}"
    held = Calendar.from_ical(client.get(f"{path}/calendar.ics").text)
    client.post(f"{path}/cancel", json={})
    off = Calendar.from_ical(client.get(f"{path}/calendar.ics").text)

    assert (held["METHOD"], off["METHOD"]) == ("PUBLISH", "CANCEL")
    assert [event.get("ATTENDEE") for event in (held.events[0], off.events[0])] == [None, None]
    assert held.events[0]["UID"] == off.events[0]["UID"]
