from datetime import timedelta

from icalendar import Calendar, Event

from tests.people import Person, next_week
from tests.shop import Shop


def event_of(calendar: Calendar) -> Event:
    (event,) = calendar.walk("VEVENT")
    return event


def calendar(person: Person, booking_id: str) -> Calendar:
    answer = person.get(f"/booking/{booking_id}/calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))  # RFC 5545, 3.1
    return Calendar.from_ical(answer.content)


def test_the_session_is_an_invitation_to_both(shop: Shop, client: Person, coach: Person) -> None:
    booking, _ = shop.pays_for(client, coach)

    invitation = calendar(client, booking["id"])
    event = event_of(invitation)

    assert invitation["METHOD"] == "REQUEST"
    assert event["UID"] == f"booking-{booking['id']}@culturebridge"
    assert event["SEQUENCE"] == 1
    assert {str(guest) for guest in event["ATTENDEE"]} == {f"mailto:{client.email}", f"mailto:{coach.email}"}
    assert str(event["ORGANIZER"]) == "mailto:hello@culturebridge.example"


def test_it_stands_at_its_hour_and_lasts_as_long_as_it_does(client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week(10), 90)

    event = event_of(calendar(coach, booking["id"]))

    assert event.start == next_week(10)
    assert event.end - event.start == timedelta(minutes=90)
    assert event["DTSTART"].to_ical() == f"{next_week(10):%Y%m%dT%H%M%SZ}".encode()


def test_the_file_is_the_same_for_both_and_each_time(client: Person, coach: Person) -> None:
    path = f"/booking/{client.books(coach)['id']}/calendar.ics"

    assert client.get(path).content == coach.get(path).content == client.get(path).content


def test_what_people_write_stays_text(shop: Shop, client: Person, coach: Person) -> None:
    notes = "First line, with; signs\nEND:VEVENT\nBEGIN:VALARM\nATTENDEE:mailto:everybody@example.com"
    client.ask("PATCH", "/auth/me", json={"name": 'Ann "A"; X-EVIL=1:evil@localhost'})
    booking = client.wish(coach, next_week(), notes=notes).json()
    shop.deliver_event(shop.paid(client.checks_out(booking)))

    event = event_of(calendar(client, booking["id"]))

    assert str(event["DESCRIPTION"]) == notes
    assert len(event["ATTENDEE"]) == 2
    assert len(event.walk("VALARM")) == 1  # our own reminder
