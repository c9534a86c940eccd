"""What the mails say, and that what people write into them stays text."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from app import alerts
from app.admin import alert_mail
from app.alerts import AlertKind
from app.bookings import lifecycle
from app.bookings.models import Booking
from app.emails.models import Email
from app.emails.outbox import templates
from app.extensions import db
from tests.emails.confirmations import CONFIRMED, confirmed
from tests.outbox import Post
from tests.people import Person, next_week

MARKUP = '<script>alert("1")</script> & <b>Co</b>'


def parsed(post: Post, mail: dict[str, Any]) -> EmailMessage:
    message = message_from_bytes(post.raw(mail), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not any(part.defects for part in message.walk())
    return message


def test_each_reads_the_time_in_the_own_zone(post: Post, client: Person, coach: Person) -> None:
    confirmed(post, client, coach)

    for reader, zone in ((client, "Europe/London"), (coach, "Europe/Paris")):
        mail = post.delivered(reader, CONFIRMED)
        local = next_week(10).astimezone(ZoneInfo(zone))
        for body in (mail["text"], mail["html"]):
            assert f"{local:%A} {local.day} {local:%B %Y}" in body
            assert f"{local:%H:%M} to {local.hour + 1}:00" in body
            assert f"{zone}, UTC{local.isoformat()[-6:]}" in body


def test_each_reads_who_the_other_is_and_what_was_paid(post: Post, client: Person, coach: Person) -> None:
    client.prove_address()
    booking = confirmed(post, client, coach, notes="About my next job.")

    for reader, other in ((client, coach), (coach, client)):
        mail = post.delivered(reader, CONFIRMED)
        name = other.get("/auth/me").json()["name"]
        assert mail["subject"] == f"Confirmed: 60 minutes of coaching with {name}"
        for body in (mail["text"], mail["html"]):
            for said in (name, other.email, "75.00 EUR", "About my next job.", booking["id"]):
                assert said in body


def test_what_follows_an_address_stands_on_a_line_of_its_own(
    post: Post, client: Person, coach: Person
) -> None:
    """Jinja takes the break after a block away unless it is told not to."""
    client.prove_address()
    confirmed(post, client, coach)

    text = post.delivered(client, CONFIRMED)["text"]

    assert re.search(rf"^  With .*, {re.escape(coach.email)}\r?$", text, re.MULTILINE)
    for name in templates.list_templates(extensions=["txt"]):
        source = templates.loader.get_source(templates, name)[0] if templates.loader else ""
        assert not re.search(r"^(?!\{%).*\S.*\{% end\w+ %\}$", source, re.MULTILINE), name


def test_the_video_link_is_told_to_both(post: Post, client: Person, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"video_url": "https://meet.example.com/room?a=1&b=2"})
    client.prove_address()
    confirmed(post, client, coach)

    mail = post.delivered(client, CONFIRMED)

    assert "https://meet.example.com/room?a=1&b=2" in mail["text"]
    assert 'href="https://meet.example.com/room?a=1&amp;b=2"' in mail["html"]


def test_the_mail_has_text_html_and_the_invitation_as_body_and_as_file(
    post: Post, client: Person, coach: Person
) -> None:
    booking = confirmed(post, client, coach)

    message = parsed(post, post.delivered(client, CONFIRMED))

    parts = [part for part in message.walk() if not part.is_multipart()]
    types = [part.get_content_type() for part in parts]
    assert types == ["text/plain", "text/html", "text/calendar", "application/ics"]
    assert parts[2].get_param("method") == "REQUEST"
    assert parts[3].get_filename() == "session.ics"
    for part in parts[2:]:
        invitation = Calendar.from_ical(part.get_payload(decode=True))
        (event,) = invitation.walk("VEVENT")
        assert event["UID"] == f"booking-{booking['id']}@culturebridge"
        assert event.start == next_week(10)


def test_notes_about_a_method_do_not_make_the_invitation_another(
    post: Post, client: Person, coach: Person
) -> None:
    confirmed(post, client, coach, "METHOD:CANCEL\nMETHOD:CANCEL")

    parts = parsed(post, post.delivered(client, CONFIRMED)).walk()

    assert [part.get_param("method") for part in parts if part.get_content_type() == "text/calendar"] == [
        "REQUEST"
    ]


def test_the_headers_say_who_writes_to_whom_and_that_it_is_a_machine(post: Post, client: Person) -> None:
    message = parsed(post, post.delivered(client))

    assert str(message["From"]) == "CultureBridge <hello@culturebridge.example>"
    assert [address.addr_spec for address in message["To"].addresses] == [client.email]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime
    assert len(message.get_all("Message-ID")) == 1


def test_markup_that_people_write_is_shown_and_not_obeyed(
    post: Post, http: httpx.Client, coach: Person
) -> None:
    client = Person.registered(http, "client", name=MARKUP)
    client.prove_address()
    confirmed(post, client, coach, notes=MARKUP)

    for mail in (post.delivered(client, CONFIRMED), post.delivered(coach, CONFIRMED)):
        assert "<script>" not in mail["html"]
        assert "<b>" not in mail["html"]
        assert "&lt;script&gt;" in mail["html"]
        assert MARKUP in mail["text"]


@pytest.mark.parametrize(
    "name",
    [
        "Eve <everybody@localhost>",
        "everybody@localhost, Eve",
        'Eve "the" \\ Quoted; group:everybody@localhost;',
        "=?utf-8?q?Eve=0ABcc=3A_everybody=40example=2Ecom?=",
        "Ève 美咲 👩🏽‍🏫 " + "x" * 100,
    ],
)
def test_no_name_makes_another_recipient_or_header(
    post: Post, http: httpx.Client, coach: Person, name: str
) -> None:
    client = Person.registered(http, "client", name=name)
    client.prove_address()
    confirmed(post, client, coach)

    for reader, kind in ((client, CONFIRMED), (coach, CONFIRMED)):
        mail = post.delivered(reader, kind)
        message = parsed(post, mail)
        assert mail["to"] == [reader.email]
        assert [address.addr_spec for address in message["To"].addresses] == [reader.email]
        assert "\n" not in message["Subject"]
        assert message["Bcc"] is None
        assert message["Cc"] is None


def test_no_line_is_longer_than_servers_take(post: Post, http: httpx.Client, coach: Person) -> None:
    client = Person.registered(http, "client", name="é" * 120)
    confirmed(post, client, coach, notes="é" * 2000)

    for reader in (client, coach):
        raw = post.raw(post.delivered(reader, CONFIRMED))
        assert max(len(line) for line in raw.splitlines()) <= 998


def test_what_is_written_arrives_letter_for_letter(post: Post, http: httpx.Client, coach: Person) -> None:
    client = Person.registered(http, "client", name="Zoë 美咲")
    notes = "Première ligne\n.\nFrom the start: 100 % = all"
    confirmed(post, client, coach, notes=notes)

    mail = post.delivered(coach, CONFIRMED)

    assert notes.replace("\n", "\n" + " " * 10) in mail["text"].replace("\r\n", "\n")
    assert mail["subject"].endswith("Zoë 美咲")


def test_a_mail_is_put_out_once_however_often_its_cause_comes(
    post: Post, client: Person, coach: Person
) -> None:
    booking = confirmed(post, client, coach)

    def confirm_again() -> None:
        found = Booking.locked(UUID(booking["id"]))
        assert found
        lifecycle.confirm(found)
        lifecycle.announce([found])

    post.work(confirm_again)

    post.waiting(client, CONFIRMED)
    post.waiting(coach, CONFIRMED)


def test_an_operator_s_mail_about_a_trouble_of_many_lines_leaves(app: Flask) -> None:
    what = "first line\nsecond line " + "x" * 500
    alerts.record(AlertKind.STRIPE_EVENT, "evt_1", what)
    alert_mail.send_digest()

    email = db.session.scalars(select(Email)).one()

    assert email.subject == "Needs attention: first line"
    assert "second line" in email.text_body
