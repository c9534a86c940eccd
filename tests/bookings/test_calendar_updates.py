"""What calendar programs make of the files in our mails, in whatever order people open them."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from itertools import permutations
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from app.emails import delivery
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db, now
from tests.bookings.calendar_client import Agenda, parsed
from tests.bookings.paid_bookings import paid, subscribed
from tests.outbox import Post
from tests.people import Person, next_week
from tests.shop import Shop

AT_TEN = (next_week(10), next_week(11))
AT_THREE = (next_week(15), next_week(16))


def mailed(post: Post, reader: Person) -> list[str]:
    """The calendar files in the mails that somebody got, the oldest first."""
    waiting = select(Email.id).where(Email.status == EmailStatus.QUEUED, Email.recipient == reader.email)
    for email_id in db.session.scalars(waiting.order_by(Email.created_at)).all():
        post.work(delivery.deliver, email_id)
    rows = select(Email).where(Email.recipient == reader.email, Email.calendar.is_not(None))
    sent = [row.message_id for row in db.session.scalars(rows.order_by(Email.created_at))]
    mails = {mail["message_id"]: mail for mail in post.arrived(reader)}
    return [file for message_id in sent for file in _files(post, mails[message_id])]


def _files(post: Post, mail: dict[str, Any]) -> list[str]:
    """Of one session, mail programs show one part and offer the other, and they say the same.

    Of several sessions, each has a part that is offered.
    """
    message = message_from_bytes(post.raw(mail), policy=policy.default)
    shown = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    offered = [part for part in message.walk() if part.get_content_type() == "application/ics"] or shown
    files = [part.get_payload(decode=True).decode() for part in offered]
    for part, file in zip(shown, files, strict=True):
        assert part.get_content().replace("\r\n", "\n").strip() == file.replace("\r\n", "\n").strip()
        assert part.get_param("method") == parsed(file).method  # RFC 5545, 3.7.2
    return files


def to(client: Person, booking_id: str, hour: int) -> None:
    wish = {"session_datetime": next_week(hour).isoformat()}
    assert client.post(f"/booking/{booking_id}/reschedule", json=wish).status_code == 200


def off(person: Person, booking_id: str) -> None:
    assert person.post(f"/booking/{booking_id}/cancel", json={}).status_code == 200


def downloaded(person: Person, booking_id: str) -> str:
    return person.get(f"/booking/{booking_id}/calendar.ics").text


def test_it_appears_on_confirmation_moves_and_disappears(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    agendas = {person.email: Agenda() for person in (client, coach)}
    shown = []
    booking_id = paid(shop, client, coach, next_week(10))
    for change in (lambda: None, lambda: to(client, booking_id, 15), lambda: off(coach, booking_id)):
        change()
        for person in (client, coach):
            agendas[person.email].opens(mailed(post, person)[-1])
            shown.append(agendas[person.email].spans)

    assert shown == [[AT_TEN], [AT_TEN], [AT_THREE], [AT_THREE], [], []]


def test_an_old_mail_that_is_opened_after_a_newer_one_changes_nothing(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    to(client, booking_id, 12)
    to(coach, booking_id, 15)
    moved = mailed(post, client)
    off(client, booking_id)
    all_of_them = mailed(post, client)

    assert (len(moved), len(all_of_them)) == (3, 4)
    for files in permutations(moved):
        assert Agenda.after([*files, files[0]]).spans == [AT_THREE]
    for files in permutations(all_of_them):
        assert Agenda.after([*files, files[0]]).spans == []


def test_a_file_downloaded_before_or_after_is_the_same_event(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    booking = client.books(coach, next_week(10))
    files = [downloaded(client, booking["id"])]
    shop.deliver_event(shop.paid(client.checks_out(booking)))
    files += [downloaded(client, booking["id"]), *mailed(post, client)]
    for order in permutations(files):
        (event,) = Agenda.after(order).events
        assert event.status == "CONFIRMED"
    off(client, booking["id"])
    files += [downloaded(coach, booking["id"]), *mailed(post, client)[1:]]

    for order in permutations(files):
        assert Agenda.after(order).events == []


def test_a_hold_that_ran_out_disappears_and_comes_back_with_a_late_payment(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    booking = client.books(coach, next_week(10))
    event = shop.paid(client.checks_out(booking))
    files = [downloaded(client, booking["id"])]
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()
    client.books(coach, next_week(15))
    files += [downloaded(client, booking["id"])]
    assert all(Agenda.after(order).events == [] for order in permutations(files))

    shop.deliver_event(event)

    files += mailed(post, client)
    assert all(Agenda.after(order).spans == [AT_TEN] for order in permutations(files))


def test_notes_that_look_like_a_cancellation_are_none(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    booking = client.wish(coach, next_week(10), notes="METHOD:CANCEL\nMETHOD:CANCEL").json()
    shop.deliver_event(shop.paid(client.checks_out(booking)))

    assert Agenda.after(mailed(post, coach)).spans == [AT_TEN]


def test_a_feed_shows_what_the_mails_say(
    shop: Shop, post: Post, http: httpx.Client, client: Person, coach: Person
) -> None:
    feed = subscribed(coach)
    moved, cancelled = (paid(shop, client, coach, next_week(hour)) for hour in (8, 12))
    to(client, moved, 15)
    off(client, cancelled)

    assert Agenda.after([http.get(feed).text]).spans == [AT_THREE]
    assert Agenda.after([*mailed(post, coach), http.get(feed).text]).spans == [AT_THREE]


def test_each_session_of_a_series_moves_and_disappears_by_itself(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    series = client.books_series(coach, 3)
    shop.deliver_event(shop.paid(client.checks_out(series)))
    to(client, series["items"][0]["id"], 15)
    off(coach, series["items"][2]["id"])

    files = mailed(post, coach)

    assert [parsed(file).method for file in files] == ["REQUEST"] * 4 + ["CANCEL"]
    assert [len(parsed(file).events) for file in files] == [1] * 5
    second = datetime.fromisoformat(series["items"][1]["session_datetime"])
    for order in permutations(files):
        assert Agenda.after(order).spans == [AT_THREE, (second, second + timedelta(hours=1))]


@pytest.mark.parametrize("reader", ["client", "coach"])
def test_each_file_has_what_its_method_asks_for(
    shop: Shop, post: Post, http: httpx.Client, client: Person, coach: Person, reader: str
) -> None:
    """RFC 5546, the tables of 3.2.1 (PUBLISH), 3.2.2 (REQUEST) and 3.2.5 (CANCEL)."""
    person = {"client": client, "coach": coach}[reader]
    booking_id = paid(shop, client, coach, next_week(10))
    published = http.get(subscribed(person)).text
    to(client, booking_id, 15)
    off(client, booking_id)

    for file in [*mailed(post, person), downloaded(person, booking_id), published]:
        calendar = parsed(file)
        (event,) = calendar.events
        assert event.uid
        assert event.dtstamp
        assert event.dtstart
        assert event.summary
        assert event.organizer
        assert event.sequence is not None
        assert (len(event.attendees) == 0) == (calendar.method == "PUBLISH")
        assert (event.status == "CANCELLED") == (calendar.method == "CANCEL")
        assert not (event.alarm and calendar.method == "CANCEL")


def test_an_invitation_is_stamped_when_it_is_made_and_not_when_its_booking_was(
    shop: Shop, post: Post, client: Person, coach: Person
) -> None:
    """RFC 5545, 3.8.7.2: of an object with METHOD, DTSTAMP is when that instance of it was created."""
    booking = client.books(coach, next_week(10))
    event = shop.paid(client.checks_out(booking))
    db.session.execute(text("UPDATE booking SET updated_at = updated_at - interval '1 hour'"))
    db.session.commit()
    before = now().replace(microsecond=0)

    shop.deliver_event(event)
    to(client, booking["id"], 15)
    off(client, booking["id"])

    stamps = [parsed(file).events[0].dtstamp for file in mailed(post, client)]
    assert len(stamps) == 3
    assert all(before <= stamp for stamp in stamps)
