"""A coach's new video link reaches what is booked: the booking, the feed, both calendars, once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.bookings import lifecycle, reminders, video_links
from app.bookings.models import Booking
from app.extensions import db
from tests.accounts.two_factor.authenticator import unproven
from tests.bookings.calendar_client import Agenda, parsed
from tests.bookings.paid_bookings import mails, paid
from tests.payments.checkout.expired_holds import expire_bookings
from tests.people import Person, next_week
from tests.shop import Shop

OLD, NEW = "https://meet.example.com/old", "https://meet.example.com/new"
KIND = "video_link_changed"


@pytest.fixture
def client(client: Person) -> Person:
    """Whose address is proven: others hear of no link by mail."""
    client.prove_address()
    return client


def link(shop: Shop, coach: Person, url: str | None) -> None:
    """The coach changes it, and the job that follows is done."""
    answer = coach.ask("PATCH", "/coach/me", json={"video_url": url})
    assert (answer.status_code, answer.json()["video_url"]) == (200, url)
    shop.work(video_links.renew, UUID(coach.id))


def shown(person: Person, booking_id: str) -> Any:
    return person.get(f"/booking/{booking_id}").json()["video_url"]


def test_a_confirmed_session_has_it_and_both_calendars_are_told_once(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    for _ in range(2):
        link(shop, coach, NEW)

    assert [shown(person, booking_id) for person in (client, coach)] == [NEW, NEW]
    assert len(shop.mails(KIND)) == 2
    names = [person.get("/auth/me").json()["name"] for person in (client, coach)]
    for reader, who, other in ((client, names[1], ""), (coach, "you", f"with {names[0]}")):
        mail, invited = mails(shop, KIND)[reader.email], mails(shop, "booking_confirmed")[reader.email]
        assert NEW in mail.text_body
        assert NEW in mail.html_body
        assert OLD not in mail.text_body + mail.html_body
        assert f"{who} changed the video link" in " ".join(mail.text_body.split())
        assert other in mail.text_body
        assert other.removeprefix("with ") in mail.html_body
        calendar = parsed(mail.calendar or "")
        (event,), (before,) = calendar.events, parsed(invited.calendar or "").events
        assert (calendar.method, event.uid, event.location) == ("REQUEST", before.uid, NEW)
        assert (event.sequence or 0) > (before.sequence or 0)
        agenda = Agenda.after([invited.calendar or "", mail.calendar or ""])
        assert [each.location for each in agenda.events] == [NEW]


def test_a_year_of_sessions_makes_one_mail_to_each(shop: Shop, client: Person, coach: Person) -> None:
    coach.open_for_business(horizon_days=366, video_url=OLD)
    shop.deliver_event(shop.paid(client.checks_out(client.books_series(coach, 26))))
    other = Person.registered(client.http, "client")
    other.prove_address()
    paid(shop, other, coach, next_week(15))

    link(shop, coach, NEW)

    sessions = {mail.recipient: (mail.calendar or "").count("BEGIN:VCALENDAR") for mail in shop.mails(KIND)}
    assert sessions == {client.email: 26, other.email: 1, coach.email: 27}
    assert {mail.reply_to for mail in shop.mails(KIND)} == {coach.email, None}
    assert other.email not in mails(shop, KIND)[client.email].text_body


def test_the_request_that_changes_it_sends_nothing_and_a_lost_job_is_found(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week(10))

    coach.ask("PATCH", "/coach/me", json={"video_url": NEW})
    assert shop.mails(KIND) == []
    assert shop.work(video_links.DUE.ids, 10) == [UUID(coach.id)]
    shop.work(video_links.renew, UUID(coach.id))

    assert shop.work(video_links.DUE.ids, 10) == []
    assert (shown(client, booking_id), len(shop.mails(KIND))) == (NEW, 2)


def test_no_mail_has_it_before_its_reader_has_proven_the_address(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, unproven(client), coach, next_week(10))
    client.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})
    link(shop, coach, NEW)

    assert [mail.recipient for mail in shop.mails(KIND)] == [coach.email]
    for kind in ("booking_confirmed", "booking_moved"):
        mail = mails(shop, kind)[client.email]
        assert "meet.example.com" not in mail.text_body + mail.html_body + (mail.calendar or "")
        for body in (mail.text_body, mail.html_body):
            assert "once you have confirmed this address" in " ".join(body.split())
    assert shown(client, booking_id) == NEW


def test_a_link_that_is_taken_away_is_gone_everywhere(shop: Shop, client: Person, coach: Person) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    link(shop, coach, None)

    assert shown(client, booking_id) is None
    assert "there is no new one yet" in mails(shop, KIND)[client.email].text_body
    assert OLD not in (mails(shop, KIND)[client.email].calendar or "")


def test_what_is_not_confirmed_is_told_to_nobody_and_has_it_once_it_is(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    booking = client.books(coach, next_week(10))

    link(shop, coach, NEW)
    assert shop.mails(KIND) == []
    shop.deliver_event(shop.paid(client.checks_out(booking)))

    assert shown(client, booking["id"]) == NEW
    assert NEW in mails(shop, "booking_confirmed")[client.email].text_body


def test_a_late_payment_confirms_with_the_link_of_then(shop: Shop, client: Person, coach: Person) -> None:
    link(shop, coach, OLD)
    booking = client.books(coach, next_week(10))
    expire_bookings()
    link(shop, coach, NEW)

    def confirm() -> None:
        found = Booking.locked(UUID(booking["id"]))
        assert found
        lifecycle.confirm(found)

    shop.work(confirm)

    assert shown(client, booking["id"]) == NEW


def test_one_that_moves_carries_the_link_of_now(shop: Shop, client: Person, coach: Person) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))
    db.session.execute(text("UPDATE coach SET video_url = :url"), {"url": NEW})  # before this was noticed
    db.session.commit()

    coach.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})

    assert shown(client, booking_id) == NEW
    assert NEW in (mails(shop, "booking_moved")[client.email].calendar or "")


def test_what_is_over_cancelled_or_another_coach_s_is_left_alone(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    over, cancelled = (paid(shop, client, coach, next_week(hour)) for hour in (10, 12))
    client.post(f"/booking/{cancelled}/cancel", json={})
    past = text(
        "UPDATE booking SET period = tstzrange(now() - interval '3 hours', now() - interval '2 hours'),"
        " busy = tstzrange(now() - interval '3 hours', now() - interval '2 hours') WHERE id = :id"
    )
    db.session.execute(past, {"id": over})
    db.session.commit()
    other = Person.registered(client.http, "coach").open_for_business(video_url="https://other.example.com")
    elsewhere = paid(shop, client, other, next_week(14))

    link(shop, coach, NEW)

    assert shop.mails(KIND) == []
    assert shown(client, over) == OLD
    assert shown(client, elsewhere) == "https://other.example.com/"


def test_a_reminder_that_has_not_left_leaves_with_the_new_link(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    def remind() -> None:
        booking = Booking.locked(UUID(booking_id))
        assert booking
        reminders.enqueue(booking, booking.client, 24)

    shop.work(remind)
    link(shop, coach, NEW)

    old, new = sorted(shop.mails("reminder"), key=lambda mail: mail.created_at)
    assert (OLD in old.text_body, old.status) == (True, "withdrawn")
    assert (NEW in new.text_body, OLD in new.text_body, new.status) == (True, False, "queued")
    assert {old.recipient, new.recipient} == {client.email}


def test_a_link_that_is_changed_back_before_the_job_is_told_to_nobody(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    coach.ask("PATCH", "/coach/me", json={"video_url": NEW})
    link(shop, coach, OLD)

    assert (shown(client, booking_id), shop.mails(KIND), shop.work(video_links.DUE.ids, 10)) == (OLD, [], [])


def test_a_session_that_has_begun_still_gets_the_new_link(shop: Shop, client: Person, coach: Person) -> None:
    link(shop, coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))
    begun = text(
        "UPDATE booking SET period = tstzrange(now() - interval '10 minutes', now() + interval '50 minutes'),"
        " busy = tstzrange(now() - interval '10 minutes', now() + interval '50 minutes') WHERE id = :id"
    )
    db.session.execute(begun, {"id": booking_id})
    db.session.commit()

    link(shop, coach, NEW)

    assert shown(client, booking_id) == NEW
    assert {mail.recipient for mail in shop.mails(KIND)} == {client.email, coach.email}


def test_a_hold_of_a_series_is_paid_with_the_link_of_then(shop: Shop, client: Person, coach: Person) -> None:
    link(shop, coach, OLD)
    series = client.books_series(coach, 3)
    checkout = client.checks_out(series)

    link(shop, coach, NEW)
    shop.deliver_event(shop.paid(checkout))

    assert {shown(client, each["id"]) for each in series["items"]} == {NEW}
    calendars = mails(shop, "series_confirmed")[client.email].calendar or ""
    assert (calendars.count(f"LOCATION:{NEW}"), OLD in calendars) == (3, False)
