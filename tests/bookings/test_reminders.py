"""Reminders: a day and an hour before, to those who want them, of what is on."""

from datetime import datetime, timedelta
from uuid import UUID

from app.bookings import reminders
from app.bookings.models import Booking
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from tests.bookings.paid_bookings import mails, paid
from tests.people import Person, next_week
from tests.shop import Shop


def remind(shop: Shop, before: timedelta) -> int:
    """What the sweep and its jobs do so long before next week's session."""
    at: datetime = next_week() - before
    shop.work(reminders.withdraw_late, at, 100)
    due = shop.work(reminders.DUE.ids, 100, at)
    for booking_id in due:
        shop.work(reminders.remind, booking_id, at)
    return len(due)


def test_both_are_reminded_a_day_before_and_an_hour_before_once_each(
    shop: Shop, client: Person, coach: Person
) -> None:
    paid(shop, client, coach, next_week())

    counts = [remind(shop, timedelta(hours=hours)) for hours in (25, 24, 23, 1, 0.5)]

    assert counts == [0, 1, 0, 1, 0]
    assert len([mail for mail in shop.rows(Email) if mail.kind == "reminder"]) == 4
    assert set(mails(shop, "reminder")) == {client.email, coach.email}


def test_of_two_sweeps_at_once_only_one_reminds(shop: Shop, client: Person, coach: Person) -> None:
    paid(shop, client, coach, next_week())
    at = next_week() - timedelta(hours=1)
    (booking_id,) = shop.work(reminders.DUE.ids, 100, at)

    for _ in range(2):
        shop.work(reminders.remind, booking_id, at)

    assert len([mail for mail in shop.rows(Email) if mail.kind == "reminder"]) == 2


def test_a_session_called_off_between_the_sweep_and_its_job_is_not_announced(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week())
    at = next_week() - timedelta(hours=1)
    due = shop.work(reminders.DUE.ids, 100, at)
    client.post(f"/booking/{booking_id}/cancel", json={})

    shop.work(reminders.remind, due[0], at)

    assert mails(shop, "reminder") == {}


def test_one_chooses_how_often(shop: Shop, client: Person, coach: Person) -> None:
    client.ask("PATCH", "/auth/me", json={"reminder_hours": []})
    coach.ask("PATCH", "/auth/me", json={"reminder_hours": [1]})
    paid(shop, client, coach, next_week())

    assert [remind(shop, timedelta(hours=hours)) for hours in (24, 1)] == [1, 1]
    assert set(mails(shop, "reminder")) == {coach.email}


def test_what_was_booked_within_the_day_is_not_announced_a_day_before(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week())
    within_the_day = next_week() - timedelta(hours=5)
    booking = db.session.get_one(Booking, UUID(booking_id))
    reminders.plan(booking, within_the_day)
    db.session.commit()

    assert [remind(shop, timedelta(hours=hours)) for hours in (4, 1)] == [0, 1]


def test_nobody_is_reminded_of_what_is_off(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    remind(shop, timedelta(hours=24))

    client.post(f"/booking/{booking_id}/cancel", json={})

    assert {mail.status for mail in mails(shop, "reminder").values()} == {EmailStatus.WITHDRAWN}
    assert remind(shop, timedelta(hours=1)) == 0


def test_a_session_that_moved_is_announced_at_its_new_time(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week() + timedelta(days=1))
    client.post(f"/booking/{booking_id}/reschedule", json={"session_datetime": next_week().isoformat()})

    assert remind(shop, timedelta(hours=24)) == 1


def test_after_an_outage_only_the_latest_reminder_is_sent(shop: Shop, client: Person, coach: Person) -> None:
    paid(shop, client, coach, next_week())

    assert [remind(shop, timedelta(minutes=minutes)) for minutes in (40, 30)] == [1, 0]
    assert len([mail for mail in shop.rows(Email) if mail.kind == "reminder"]) == 2


def test_after_an_outage_who_wanted_only_the_earlier_reminder_gets_it_late(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.ask("PATCH", "/auth/me", json={"reminder_hours": [24]})
    coach.ask("PATCH", "/auth/me", json={"reminder_hours": []})
    paid(shop, client, coach, next_week())

    assert [remind(shop, timedelta(minutes=minutes)) for minutes in (40, 30)] == [1, 0]
    assert set(mails(shop, "reminder")) == {client.email}


def test_a_reminder_whose_worker_died_does_not_leave_once_the_session_is_off(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.prove_address()
    booking_id = paid(shop, client, coach, next_week())
    remind(shop, timedelta(hours=24))
    being_sent = mails(shop, "reminder")[client.email].id
    assert shop.work(Email.claim, being_sent)

    client.post(f"/booking/{booking_id}/cancel", json={})

    assert mails(shop, "reminder")[client.email].status is EmailStatus.WITHDRAWN


def test_a_reminder_that_could_not_leave_before_the_session_does_not_leave_after_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.prove_address()
    paid(shop, client, coach, next_week())
    remind(shop, timedelta(hours=1))

    remind(shop, timedelta(minutes=1))
    assert {mail.status for mail in mails(shop, "reminder").values()} == {EmailStatus.QUEUED}
    remind(shop, timedelta(0))
    assert {mail.status for mail in mails(shop, "reminder").values()} == {EmailStatus.WITHDRAWN}
