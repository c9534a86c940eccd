"""The nights in which clocks change, one by one: what the wall shows, and what UTC it is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.coaches import slots
from tests.coaches.calendars import Booked, Calendar, between, every_day, stored

pytestmark = pytest.mark.usefixtures("app")


def listed(calendar: Calendar, on: date, minutes: int = 30) -> list[tuple[str, str]]:
    """Each free start of a date as the wall shows it and in UTC."""
    wall = ZoneInfo(calendar.zone)
    midnight = datetime.combine(on, time(), UTC)
    begin, end = midnight - timedelta(days=1), midnight + timedelta(days=2)
    starts = slots.free_starts(stored(calendar), minutes, begin, end, at=begin - timedelta(days=1))
    local = [start.astimezone(wall) for start in starts]
    return [(f"{at:%H:%M%z}", f"{at.astimezone(UTC):%d %H:%M}") for at in local if at.date() == on]


def test_paris_in_spring_skips_the_hour_from_two_to_three() -> None:
    calendar = Calendar("Europe/Paris", every_day(("00:30", "05:00")), step=60)

    assert listed(calendar, date(2026, 3, 29), 60) == [
        ("00:30+0100", "28 23:30"),
        ("01:30+0100", "29 00:30"),
        ("03:30+0200", "29 01:30"),
    ]


def test_paris_in_spring_opens_later_by_utc_before_and_earlier_after() -> None:
    calendar = Calendar("Europe/Paris", every_day(("09:00", "10:00")), step=60)

    assert listed(calendar, date(2026, 3, 28), 60) == [("09:00+0100", "28 08:00")]
    assert listed(calendar, date(2026, 3, 29), 60) == [("09:00+0200", "29 07:00")]


def test_paris_in_autumn_has_the_hour_from_two_to_three_twice() -> None:
    calendar = Calendar("Europe/Paris", every_day(("01:00", "04:00")), step=60)

    assert listed(calendar, date(2026, 10, 25), 60) == [
        ("01:00+0200", "24 23:00"),
        ("02:00+0200", "25 00:00"),
        ("02:00+0100", "25 01:00"),
        ("03:00+0100", "25 02:00"),
    ]


def test_hours_that_begin_in_the_double_hour_begin_in_its_second_half() -> None:
    calendar = Calendar("Europe/Paris", every_day(("02:30", "03:30")))

    assert listed(calendar, date(2026, 10, 25)) == [("02:30+0100", "25 01:30"), ("03:00+0100", "25 02:00")]


def test_hours_that_begin_in_the_missing_hour_begin_when_it_is_skipped() -> None:
    """The wall shows 03:00 next, which is within the hours and on their grid."""
    calendar = Calendar("Europe/Paris", every_day(("02:30", "04:30")))

    assert listed(calendar, date(2026, 3, 29)) == [
        ("03:00+0200", "29 01:00"),
        ("03:30+0200", "29 01:30"),
        ("04:00+0200", "29 02:00"),
    ]


def test_hours_that_end_in_the_missing_hour_end_when_it_is_skipped() -> None:
    calendar = Calendar("Europe/Paris", every_day(("01:00", "02:30")))

    assert listed(calendar, date(2026, 3, 29)) == [("01:00+0100", "29 00:00"), ("01:30+0100", "29 00:30")]


def test_hours_that_turn_round_in_the_missing_hour_are_none() -> None:
    calendar = Calendar("Europe/Paris", every_day(("02:30", "03:00"), ("09:00", "09:30")))

    assert listed(calendar, date(2026, 3, 29)) == [("09:00+0200", "29 07:00")]


def test_new_york_changes_three_weeks_before_paris() -> None:
    calendar = Calendar("America/New_York", every_day(("01:30", "04:00")), step=30)

    assert listed(calendar, date(2027, 3, 14)) == [
        ("01:30-0500", "14 06:30"),
        ("03:00-0400", "14 07:00"),
        ("03:30-0400", "14 07:30"),
    ]
    assert listed(calendar, date(2026, 11, 1), 30)[:3] == [
        ("01:30-0500", "01 06:30"),
        ("02:00-0500", "01 07:00"),
        ("02:30-0500", "01 07:30"),
    ]


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    calendar = Calendar("Australia/Lord_Howe", every_day(("01:00", "03:00")))

    assert listed(calendar, date(2026, 10, 4)) == [
        ("01:00+1030", "03 14:30"),
        ("01:30+1030", "03 15:00"),
        ("02:30+1100", "03 15:30"),
    ]
    assert listed(calendar, date(2027, 4, 4)) == [
        ("01:00+1100", "03 14:00"),
        ("01:30+1100", "03 14:30"),
        ("01:30+1030", "03 15:00"),
        ("02:00+1030", "03 15:30"),
        ("02:30+1030", "03 16:00"),
    ]


def test_the_day_that_samoa_lost_has_no_hours_and_gives_none_to_the_next() -> None:
    calendar = Calendar("Pacific/Apia", every_day(("09:00", "10:00")), step=60)

    assert listed(calendar, date(2011, 12, 29), 60) == [("09:00-1000", "29 19:00")]
    assert listed(calendar, date(2011, 12, 30), 60) == []
    assert listed(calendar, date(2011, 12, 31), 60) == [("09:00+1400", "30 19:00")]


def test_hours_of_the_lost_day_alone_are_none() -> None:
    friday = Calendar("Pacific/Apia", [(5, between("09:00", "10:00"))], step=60)

    assert [listed(friday, date(2011, 12, day), 60) for day in (29, 30, 31)] == [[], [], []]


def test_hours_past_midnight_end_with_the_day_when_the_next_is_lost() -> None:
    """No clock ever showed 00:00 of the 30th, and the 31st has hours of its own."""
    thursday = Calendar("Pacific/Apia", [(4, between("23:00", "01:00"))], step=60)

    assert listed(thursday, date(2011, 12, 29), 60) == [("23:00-1000", "30 09:00")]
    assert listed(thursday, date(2011, 12, 31), 60) == []


def test_kathmandu_is_a_quarter_of_an_hour_off_on_a_leap_day_too() -> None:
    calendar = Calendar("Asia/Kathmandu", overrides={date(2028, 2, 29): [between("09:00", "10:00")]}, step=60)

    assert listed(calendar, date(2028, 2, 29), 60) == [("09:00+0545", "29 03:15")]
    assert listed(calendar, date(2028, 3, 1), 60) == []


def test_a_range_from_midnight_to_midnight_lasts_as_long_as_its_day() -> None:
    calendar = Calendar("Europe/Paris", every_day(("00:00", "00:00")), step=60)

    assert [len(listed(calendar, date(2026, *on), 60)) for on in ((3, 29), (3, 30), (10, 25))] == [23, 24, 25]


def test_a_day_of_the_daily_limit_is_as_long_as_the_clocks_make_it(app: Flask) -> None:
    calendar = Calendar("Europe/Paris", every_day(("00:00", "00:00")), step=60, max_per_day=1)
    last_of_the_day = datetime(2026, 10, 25, 22, tzinfo=UTC)  # 23:00 after a day of 25 hours
    with_one = Calendar(**vars(calendar) | {"bookings": [Booked(last_of_the_day, 60)]})

    assert len(listed(calendar, date(2026, 10, 25), 60)) == 25
    assert listed(with_one, date(2026, 10, 25), 60) == []
    assert len(listed(with_one, date(2026, 10, 26), 60)) == 24


def test_hours_may_run_on_until_just_before_they_begin_again(app: Flask) -> None:
    """In the far west they began two dates before the one that UTC has."""
    monday = Calendar("Pacific/Pago_Pago", [(1, between("23:30", "23:00"))], step=60)
    late_tuesday = datetime(2026, 6, 10, 8, 30, tzinfo=UTC)  # 21:30 there, and already Wednesday in UTC

    assert slots.is_free(stored(monday), late_tuesday, 90, at=late_tuesday - timedelta(days=1))
