"""A session while the clocks change: both offsets are named wherever it is written out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.bookings import lifecycle, reminders, video_links
from app.bookings.models import Booking
from tests.bookings.paid_bookings import mails
from tests.clock import Clock
from tests.people import Person
from tests.shop import Shop


def confirmed(shop: Shop, client: Person, coach: Person, at: datetime) -> UUID:
    booking_id = UUID(client.books(coach, at)["id"])
    shop.work(_confirm, booking_id)
    return booking_id


def _confirm(*booking_ids: UUID) -> None:
    bookings = [booking for each in booking_ids if (booking := Booking.locked(each))]
    for booking in bookings:
        lifecycle.confirm(booking)
    lifecycle.announce(bookings)


@pytest.mark.parametrize(
    ("zone", "at", "hours"),
    [
        ("Europe/Paris", "2027-10-31T00:30:00Z", "02:30 (UTC+02:00) to 02:30 (UTC+01:00)"),
        ("Europe/Paris", "2027-03-28T00:30:00Z", "01:30 (UTC+01:00) to 03:30 (UTC+02:00)"),
        ("America/New_York", "2027-11-07T05:30:00Z", "01:30 (UTC-04:00) to 01:30 (UTC-05:00)"),
        ("Australia/Lord_Howe", "2027-04-03T14:30:00Z", "01:30 (UTC+11:00) to 02:00 (UTC+10:30)"),
    ],
)
def test_each_mail_of_a_session_across_a_change_names_both_offsets(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch, zone: str, at: str, hours: str
) -> None:
    start = datetime.fromisoformat(at)
    clock = Clock(datetime(2027, 1, 4, tzinfo=UTC))
    monkeypatch.setattr("app.extensions.datetime", clock)
    coach.ask("PATCH", "/coach/me", json={"time_zone": zone, "horizon_days": 366})
    client.ask("PATCH", "/auth/me", json={"time_zone": zone})
    booking_id = confirmed(shop, client, coach, start)
    shop.work(reminders.remind, booking_id, start - lifecycle.COMPLETES_BY_ITSELF)
    clock.at = start - lifecycle.COMPLETES_BY_ITSELF
    client.post(f"/booking/{booking_id}/cancel", json={})

    for kind in ("booking_confirmed", "reminder", "booking_cancelled"):
        for mail in mails(shop, kind).values():
            assert f"{hours} ({zone})" in " ".join(mail.text_body.split()), kind
            assert hours in mail.html_body


def test_the_payment_page_tells_one_hour_that_comes_twice_from_the_other(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.extensions.datetime", Clock(datetime.now(UTC)))
    client.ask("PATCH", "/auth/me", json={"time_zone": "Europe/Paris"})
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366})
    change = next_autumn()

    for start, said in ((change.replace(hour=0), "UTC+02:00"), (change.replace(hour=1), "UTC+01:00")):
        booking = client.books(coach, start, 30)
        page = shop.sandbox.http.get(client.checks_out(booking)["url"]).text
        assert "02:00 to 02:30 (Europe/Paris, " + said in page


def next_autumn() -> datetime:
    """Midnight, UTC, of the next last Sunday of October."""
    today = datetime.now(UTC)
    for year in (today.year, today.year + 1):
        last = datetime(year, 10, 31, tzinfo=UTC)
        last = last.replace(day=31 - (last.weekday() + 1) % 7)
        if last > today:
            return last
    raise AssertionError("one of two years has it ahead")


def test_mails_about_many_sessions_holds_and_moves_name_both_offsets_too(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.extensions.datetime", Clock(datetime(2027, 9, 6, tzinfo=UTC)))
    client.prove_address()
    coach.ask("PATCH", "/coach/me", json={"time_zone": "Europe/Paris", "horizon_days": 366})
    client.ask("PATCH", "/auth/me", json={"time_zone": "Europe/Paris"})
    night = datetime(2027, 10, 30, 23, 30, tzinfo=UTC)

    hold = client.books(coach, night, 90)
    coach.post(f"/booking/{hold['id']}/cancel", json={})
    series = client.wish_series(coach, night - timedelta(days=7), 2, duration_minutes=90).json()
    first, second = (UUID(each["id"]) for each in series["items"])
    shop.work(_confirm, first, second)
    coach.ask("PATCH", "/coach/me", json={"video_url": "https://meet.example.com/new"})
    shop.work(video_links.renew, UUID(coach.id))
    client.post(f"/booking/{second}/cancel", json={})
    to = {"session_datetime": night.isoformat()}
    assert client.post(f"/booking/{first}/reschedule", json=to).status_code == 200

    for kind in ("hold_cancelled", "series_confirmed", "video_link_changed", "booking_moved"):
        text = " ".join(mails(shop, kind)[client.email].text_body.split())
        assert "01:30 (UTC+02:00) to 02:00 (UTC+01:00) (Europe/Paris)" in text, kind
