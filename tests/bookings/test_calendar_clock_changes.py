"""The files of sessions around the nights in which clocks change: whoever reads them, the hour is right."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.bookings.calendar_client import parsed, span
from tests.coaches.offered_slots import works
from tests.people import Person

HALF_AN_HOUR = timedelta(minutes=30)


def moment_of_change(zone: str, forward: bool) -> datetime:
    """When clocks next go forward or back, from the day after tomorrow on."""
    first = datetime.combine(datetime.now(UTC).date() + timedelta(days=2), time(), UTC)
    moments = (first + n * HALF_AN_HOUR for n in range(365 * 48))
    shifts = ((at, offset(zone, at) - offset(zone, at - HALF_AN_HOUR)) for at in moments)
    return next(at for at, shift in shifts if shift and (shift > timedelta()) is forward)


def offset(zone: str, at: datetime) -> timedelta:
    found = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return found


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "back"])
@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores"]
)
def test_sessions_stand_at_their_hour_when_clocks_go(client: Person, zone: str, forward: bool) -> None:
    """Before, in and after the hour that is skipped or comes twice."""
    coach = works(client.http, ("00:00", "00:00"), zone=zone)
    change = moment_of_change(zone, forward)

    for halves in range(-3, 4):
        start = change + halves * HALF_AN_HOUR
        booking = client.books(coach, start, 30)
        file = client.get(f"/booking/{booking['id']}/calendar.ics").text
        client.post(f"/booking/{booking['id']}/cancel", json={})

        (event,) = parsed(file).events
        assert span(event) == (start, start + HALF_AN_HOUR)
