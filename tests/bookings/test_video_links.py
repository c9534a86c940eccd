"""A coach's new video link reaches what is booked: the booking, the feed, both calendars, once."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.bookings import lifecycle
from app.bookings.models import Booking
from app.emails import messages
from app.extensions import db
from tests.bookings.agenda import Agenda, parsed
from tests.bookings.test_cancel import mails, paid
from tests.payments.conftest import Shop
from tests.people import Person, next_week

OLD, NEW = "https://meet.example.com/old", "https://meet.example.com/new"
KIND = "video_link_changed"


def link(coach: Person, url: str | None) -> None:
    answer = coach.ask("PATCH", "/coach/me", json={"video_url": url})
    assert (answer.status_code, answer.json()["video_url"]) == (200, url)


def shown(person: Person, booking_id: str) -> Any:
    return person.get(f"/booking/{booking_id}").json()["video_url"]


def test_a_confirmed_session_has_it_and_both_calendars_are_told_once(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    for _ in range(2):
        link(coach, NEW)

    assert [shown(person, booking_id) for person in (client, coach)] == [NEW, NEW]
    assert len(shop.mails(KIND)) == 2
    for reader, who in ((client, coach.get("/auth/me").json()["name"]), (coach, "you")):
        mail, invited = mails(shop, KIND)[reader.email], mails(shop, "booking_confirmed")[reader.email]
        assert NEW in mail.text_body
        assert NEW in mail.html_body
        assert OLD not in mail.text_body + mail.html_body
        assert f"{who} changed the video link" in " ".join(mail.text_body.split())
        calendar = parsed(mail.calendar or "")
        (event,), (before,) = calendar.events, parsed(invited.calendar or "").events
        assert (calendar.method, event.uid, event.location) == ("REQUEST", before.uid, NEW)
        assert (event.sequence or 0) > (before.sequence or 0)
        agenda = Agenda.after([invited.calendar or "", mail.calendar or ""])
        assert [each.location for each in agenda.events] == [NEW]


def test_a_link_that_is_taken_away_is_gone_everywhere(shop: Shop, client: Person, coach: Person) -> None:
    link(coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    link(coach, None)

    assert shown(client, booking_id) is None
    assert "there is no other yet" in mails(shop, KIND)[client.email].text_body
    assert OLD not in (mails(shop, KIND)[client.email].calendar or "")


def test_what_is_not_confirmed_is_told_to_nobody_and_has_it_once_it_is(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(coach, OLD)
    booking = client.books(coach, next_week(10))

    link(coach, NEW)
    assert shop.mails(KIND) == []
    shop.told(shop.paid(client.checks_out(booking)))

    assert shown(client, booking["id"]) == NEW
    assert NEW in mails(shop, "booking_confirmed")[client.email].text_body


def test_a_late_payment_confirms_with_the_link_of_then(shop: Shop, client: Person, coach: Person) -> None:
    link(coach, OLD)
    booking = client.books(coach, next_week(10))
    db.session.execute(text("UPDATE booking SET status = 'expired', hold_expires_at = NULL"))
    db.session.commit()
    link(coach, NEW)

    def confirm() -> None:
        found = Booking.locked(UUID(booking["id"]))
        assert found
        lifecycle.confirm(found)

    shop.work(confirm)

    assert shown(client, booking["id"]) == NEW


def test_one_that_moves_carries_the_link_of_now(shop: Shop, client: Person, coach: Person) -> None:
    link(coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))
    db.session.execute(text("UPDATE coach SET video_url = :url"), {"url": NEW})  # before this was noticed
    db.session.commit()

    coach.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week(15).isoformat()})

    assert shown(client, booking_id) == NEW
    assert NEW in (mails(shop, "booking_moved")[client.email].calendar or "")


def test_what_is_over_cancelled_or_another_coach_s_is_left_alone(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(coach, OLD)
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

    link(coach, NEW)

    assert shop.mails(KIND) == []
    assert shown(client, over) == OLD
    assert shown(client, elsewhere) == "https://other.example.com/"


def test_a_reminder_with_the_old_link_that_has_not_left_does_not_leave(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(coach, OLD)
    booking_id = paid(shop, client, coach, next_week(10))

    def remind() -> None:
        booking = Booking.locked(UUID(booking_id))
        assert booking
        messages.reminder(booking, booking.client, 24)

    shop.work(remind)
    link(coach, NEW)

    (reminder,) = shop.mails("reminder")
    assert (OLD in reminder.text_body, reminder.status) == (True, "withdrawn")
