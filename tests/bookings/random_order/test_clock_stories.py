"""One story around many nights: local hours, local days, weekly series, stays and time off, at each step."""

from datetime import date, timedelta

import pytest

from tests.bookings.random_order.actions import Actors, StartOffset
from tests.bookings.random_order.booking_model import WEEK
from tests.bookings.random_order.checks import check_rest, check_statuses
from tests.bookings.random_order.listings import check_free_times
from tests.bookings.random_order.scenes import ALWAYS, Hours, Scene, Stays, change_of, dated
from tests.bookings.random_order.world import World
from tests.coaches.calendars import Calendar, every_day
from tests.people import CARD

EIGHT_DAYS = timedelta(days=8)
DAYTIME: Hours = (("09:00", "12:00"), ("13:30", "20:00"))
NIGHTS: Hours = (("21:30", "06:00"),)
LISTS = 3
"""At each check; two checks show both coaches, asked for in each of three ways."""


def scene(
    zone: str,
    night: date,
    other: str = "UTC",
    *,
    hours: Hours = ALWAYS,
    step: int = 30,
    stays: Stays = (),
) -> Scene:
    first = Calendar(zone, every_day(*hours), stays=dated(stays, night), step=step)
    return Scene.near(change_of(zone, night), EIGHT_DAYS, first, Calendar(other, every_day(*ALWAYS)))


SCENES = {
    "an hour is skipped": scene("Europe/Paris", date(2027, 3, 28), "America/New_York", step=120),
    "an hour comes twice": scene("Europe/Paris", date(2027, 10, 31), "Asia/Kolkata", hours=NIGHTS),
    "midnight is skipped in the south": scene("America/Santiago", date(2027, 9, 5), "Pacific/Auckland"),
    "hours end in an hour that comes twice": scene(
        "America/Havana", date(2027, 11, 7), "Atlantic/Azores", hours=(("08:00", "12:00"), ("19:00", "00:30"))
    ),
    "half an hour comes twice": scene("Australia/Lord_Howe", date(2027, 4, 4), "Asia/Kathmandu"),
    "no clock changes, far apart": scene("Pacific/Kiritimati", date(2027, 3, 28), "Pacific/Pago_Pago"),
    "a law ends summer time": scene("America/Winnipeg", date(2026, 11, 1), "America/Chicago"),
    "a law takes a day": scene("Pacific/Apia", date(2011, 12, 30), "Pacific/Fakaofo"),
    "a law moves the clocks": scene("Asia/Pyongyang", date(2018, 5, 4), "Europe/Moscow"),
    "the month of fasting": scene("Africa/Casablanca", date(2027, 2, 7), "Africa/Cairo"),
    "a week in Tokyo": scene("Europe/Paris", date(2027, 2, 9), hours=DAYTIME, stays=[(-1, 3, "Asia/Tokyo")]),
    "an evening in Tokyo": scene(
        "Europe/Paris", date(2027, 2, 9), hours=NIGHTS, stays=[(-1, 0, "Asia/Tokyo")]
    ),
    "a stay across a change": scene(
        "America/New_York", date(2027, 3, 28), stays=[(-2, 3, "Europe/Lisbon"), (7, 0, "Asia/Kathmandu")]
    ),
}


def check_now(simulation: Actors) -> None:
    check_statuses(simulation)
    for _ in range(LISTS):
        check_free_times(simulation)


def of_change(minutes: int) -> StartOffset:
    return StartOffset(minutes, of_change=True)


@pytest.mark.timeout(300)
def test_around_clock_changes_bookings_match_the_model(world: World) -> None:
    for name, scene in SCENES.items():
        try:
            run_story(Actors(world, scene))
        except AssertionError as failure:
            failure.add_note(f"in the story: {name}")
            raise
        finally:
            world.ends()


def run_story(simulation: Actors) -> None:
    assert simulation.requests_series(0, 0, of_change(-30 - WEEK), 60, 3, skip_taken=True)
    assert simulation.checks_out(0, "https://here.example", series=True)
    simulation.pays(0, CARD)
    simulation.deliver_events_of_newest_page()
    check_now(simulation)
    for client, minutes in enumerate((-30, 0, 90)):
        simulation.requests(client, 1, of_change(minutes), 30)
    for client, minutes in enumerate((30, 0, -60)):
        simulation.requests(client, 0, of_change(minutes), 30)
    simulation.reschedules(0, by_client=False, ahead=of_change(150))
    simulation.reschedules(1, by_client=True, ahead=of_change(-90))
    simulation.takes_time_off(0, of_change(-60), 3)
    simulation.takes_time_off(1, of_change(600), 24)
    check_now(simulation)
    simulation.changes_calendar(1, DAYTIME, [(0, 1, "Asia/Tokyo")])
    simulation.requests_series(2, 1, of_change(60 - WEEK), 30, 3, skip_taken=False)
    check_now(simulation)
    simulation.passes(simulation.change - simulation.model.at - 45)
    check_now(simulation)
    simulation.passes(90)
    check_now(simulation)
    simulation.comes_to_rest()
    check_rest(simulation)
