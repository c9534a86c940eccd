"""A series keeps the hour of the clock that its coach lives by on each date, also on a journey."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.bookings import lifecycle
from app.bookings.models import Booking
from app.emails.models import Email
from app.extensions import db
from tests.clock import Clock
from tests.people import Person


@pytest.fixture(autouse=True)
def in_january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.extensions.datetime", Clock(datetime(2027, 1, 25, tzinfo=UTC)))


def travels(http: httpx.Client, zone: str, hours: dict[str, str], *stays: tuple[str, str, str]) -> Person:
    """A coach with these hours, in one zone and on some dates in another."""
    coach = Person.registered(http, "coach", zone, name="Chris Coach").open_for_business(horizon_days=366)
    named = [{"first_date": first, "last_date": last, "time_zone": stay} for first, last, stay in stays]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": [hours], "stays": named})
    assert answer.status_code == 200, answer.text
    return coach


def held(client: Person, coach: Person, first: str, sessions: int = 3) -> dict[str, Any]:
    answer = client.wish_series(coach, datetime.fromisoformat(first), sessions)
    assert answer.status_code == 201, answer.text
    series: dict[str, Any] = answer.json()
    return series


def starts(series: dict[str, Any]) -> list[str]:
    return [each["session_datetime"] for each in series["items"]]


TUESDAY = {"weekday": "tuesday", "start_time": "09:00", "end_time": "12:00"}
IN_TOKYO = ("2027-02-08", "2027-02-14", "Asia/Tokyo")


def test_the_week_in_tokyo_is_at_nine_in_tokyo(http: httpx.Client, client: Person) -> None:
    coach = travels(http, "Europe/Paris", TUESDAY, IN_TOKYO)

    series = held(client, coach, "2027-02-02T08:00:00Z")

    assert starts(series) == ["2027-02-02T08:00:00Z", "2027-02-09T00:00:00Z", "2027-02-16T08:00:00Z"]


def test_begun_on_the_journey_it_goes_on_at_home(http: httpx.Client, client: Person) -> None:
    coach = travels(http, "Europe/Paris", TUESDAY, IN_TOKYO)

    assert starts(held(client, coach, "2027-02-09T01:30:00Z", 2))[1] == "2027-02-16T09:30:00Z"


def test_from_one_stay_to_another_and_over_a_change_of_the_clocks(http: httpx.Client, client: Person) -> None:
    """New York is at UTC-04:00 from 14 March on; Paris is at UTC+02:00 from 28 March on."""
    stays = [("2027-03-15", "2027-03-21", "America/New_York"), IN_TOKYO]
    coach = travels(http, "Europe/Paris", TUESDAY, *stays)

    assert starts(held(client, coach, "2027-03-09T08:00:00Z", 4)) == [
        "2027-03-09T08:00:00Z",
        "2027-03-16T13:00:00Z",
        "2027-03-23T08:00:00Z",
        "2027-03-30T07:00:00Z",
    ]


def test_past_midnight_the_hour_is_that_of_the_evening_on_which_the_hours_began(
    http: httpx.Client, client: Person
) -> None:
    """Monday's hours end at 02:00: on the last evening in Tokyo that is 02:00 in Tokyo."""
    night = {"weekday": "monday", "start_time": "22:00", "end_time": "02:00"}
    coach = travels(http, "Europe/Paris", night, ("2027-02-08", "2027-02-08", "Asia/Tokyo"))

    assert starts(held(client, coach, "2027-02-02T00:00:00Z")) == [
        "2027-02-02T00:00:00Z",  # Tuesday 01:00 in Paris
        "2027-02-08T16:00:00Z",  # Tuesday 01:00 in Tokyo
        "2027-02-16T00:00:00Z",
    ]


def confirm(series: dict[str, Any]) -> dict[str, str]:
    """All its sessions are paid for; the text of the mail to each reader."""
    bookings = [Booking.locked(UUID(each["id"])) for each in series["items"]]
    for booking in bookings:
        assert booking
        lifecycle.confirm(booking)
    lifecycle.announce([booking for booking in bookings if booking])
    db.session.commit()
    mails = db.session.scalars(select(Email).where(Email.kind == "series_confirmed")).all()
    return {mail.recipient: " ".join(mail.text_body.split()) for mail in mails}


def test_its_mail_says_whose_clock_it_keeps_and_where(http: httpx.Client, client: Person) -> None:
    client.prove_address()
    coach = travels(http, "Europe/Paris", TUESDAY, IN_TOKYO)

    texts = confirm(held(client, coach, "2027-02-02T08:00:00Z"))

    clock = "09:00 (Europe/Paris; on 9 February 2027 Asia/Tokyo)"
    assert f"Each session keeps the local time of Chris Coach's clock: {clock}." in texts[client.email]
    assert f"Each session keeps the local time of your clock: {clock}." in texts[coach.email]
    assert "09:00 to 10:00 (Asia/Tokyo, UTC+09:00)" in texts[coach.email]
    assert "00:00 to 01:00 (Europe/London, UTC+00:00)" in texts[client.email]


def test_a_stay_that_is_added_before_the_payment_is_in_its_mail(http: httpx.Client, client: Person) -> None:
    """The list of sessions and the sentence about the clock speak of the same clocks."""
    coach = travels(http, "Europe/Paris", TUESDAY)
    series = held(client, coach, "2027-02-02T08:00:00Z")
    stay = dict(zip(("first_date", "last_date", "time_zone"), IN_TOKYO, strict=True))
    coach.ask("PUT", "/coach/me/availability", json={"weekly": [TUESDAY], "stays": [stay]})

    texts = confirm(series)

    assert "clock: 09:00 (Europe/Paris; on 9 February 2027 17:00 Asia/Tokyo)." in texts[coach.email]
    assert "Tuesday 9 February 2027 17:00 to 18:00 (Asia/Tokyo, UTC+09:00)" in texts[coach.email]
