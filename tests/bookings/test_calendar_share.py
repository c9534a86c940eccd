"""How much of a coach's week strangers hold unpaid: of eight hours two, so that six are left for others."""

import httpx
import pytest

from tests.bookings.new_clients import eight_hours_a_week, hour, newcomer, outcome
from tests.people import WEEKDAYS, Person
from tests.shop import Shop, prove

pytestmark = pytest.mark.usefixtures("limits_on")


def test_people_of_unproven_addresses_hold_a_quarter_of_a_week_together(http: httpx.Client) -> None:
    coach = eight_hours_a_week(http)
    for n in range(2):
        newcomer(http, f"192.0.2.{n}").books(coach, hour(n))
    third = newcomer(http, "192.0.2.9")

    refused = third.wish(coach, hour(2))

    assert (refused.status_code, outcome(refused)) == (409, "calendar-held")
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert outcome(third.wish(coach, hour(2, week=1))) == "held"
    assert outcome(newcomer(http, "192.0.2.10", proven=True).wish(coach, hour(2))) == "held"
    prove(third)
    assert outcome(third.wish(coach, hour(3))) == "held"


def test_proven_people_of_one_network_who_never_paid_hold_a_quarter(http: httpx.Client) -> None:
    coach = eight_hours_a_week(http)
    for n in range(2):
        newcomer(http, f"2001:db8::{n}", proven=True).books(coach, hour(n))

    assert outcome(newcomer(http, "2001:db8::9", proven=True).wish(coach, hour(2))) == "calendar-held"
    assert outcome(newcomer(http, "2001:db8:0:1::9", proven=True).wish(coach, hour(2))) == "held"


def test_all_who_never_paid_hold_three_fifths_from_however_many_networks(http: httpx.Client) -> None:
    coach = eight_hours_a_week(http)
    for n in range(4):
        newcomer(http, f"2001:db8:{n}::1", proven=True).books(coach, hour(n))

    assert outcome(newcomer(http, "2001:db8:9::1", proven=True).wish(coach, hour(4))) == "calendar-held"
    assert outcome(newcomer(http, "2001:db8:9::2", proven=True).wish(coach, hour(4, week=1))) == "held"


def test_who_has_paid_before_is_bound_to_no_share_and_counts_for_none(shop: Shop, http: httpx.Client) -> None:
    coach, regular = eight_hours_a_week(http), newcomer(http, "192.0.2.1")
    shop.deliver_event(shop.paid(regular.checks_out(regular.books(coach, hour(0)))))

    assert [outcome(regular.wish(coach, hour(n))) for n in (1, 2, 3)] == ["held"] * 3
    assert outcome(newcomer(http, "192.0.2.1").wish(coach, hour(4))) == "held"


def test_what_was_sold_is_no_room_to_hold(shop: Shop, http: httpx.Client) -> None:
    """Four hours are left, of which one may be held."""
    coach = eight_hours_a_week(http)
    regular = newcomer(http, "192.0.2.1")
    for n in range(4):
        shop.deliver_event(shop.paid(regular.checks_out(regular.books(coach, hour(n)))))

    assert outcome(newcomer(http, "192.0.2.2").wish(coach, hour(4))) == "held"
    assert outcome(newcomer(http, "192.0.2.3").wish(coach, hour(5))) == "calendar-held"


def test_a_coach_with_one_free_time_is_found_by_somebody_new(http: httpx.Client) -> None:
    coach = Person.registered(http, "coach", "UTC").open_for_business()
    weekly = [{"weekday": WEEKDAYS[0], "start_time": "09:00", "end_time": "10:00"}]
    coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly}).raise_for_status()

    assert outcome(newcomer(http, "192.0.2.1").wish(coach, hour(0))) == "held"


def test_long_sessions_and_buffers_count_as_the_time_they_take(http: httpx.Client) -> None:
    coach = eight_hours_a_week(http, buffer_before_minutes=15, buffer_after_minutes=15)

    assert outcome(newcomer(http, "192.0.2.1").wish(coach, hour(1), 90)) == "held"
    assert outcome(newcomer(http, "192.0.2.2").wish(coach, hour(4), 30)) == "calendar-held"


def test_of_a_coach_who_takes_few_a_day_no_more_is_held_than_of_those(http: httpx.Client) -> None:
    """Of one session a day a quarter of a week's is one."""
    coach = Person.registered(http, "coach", "UTC").open_for_business(max_per_day=1)
    newcomer(http, "192.0.2.1").books(coach, hour(0))

    assert outcome(newcomer(http, "192.0.2.2").wish(coach, hour(24))) == "calendar-held"


def test_a_series_is_refused_whole_where_one_of_its_weeks_is_held(http: httpx.Client) -> None:
    coach = eight_hours_a_week(http)
    for n in range(2):
        newcomer(http, f"192.0.2.{n}").books(coach, hour(n, week=2))
    person = newcomer(http, "192.0.2.9")

    refused = person.wish_series(coach, hour(4), 4, skip_taken=True)

    assert outcome(refused) == "calendar-held"
    assert person.get("/booking").json()["items"] == []
    assert outcome(person.wish_series(coach, hour(4), 2)) == "held"


def test_neither_a_move_of_the_coach_nor_of_a_client_who_paid_is_bound(
    shop: Shop, http: httpx.Client
) -> None:
    coach, regular = eight_hours_a_week(http), newcomer(http, "192.0.2.1")
    booking = regular.books(coach, hour(0))
    shop.deliver_event(shop.paid(regular.checks_out(booking)))
    for n in range(2):
        newcomer(http, "192.0.2.2").wish(coach, hour(n + 1))

    for person, start in ((coach, hour(5)), (regular, hour(6))):
        to = {"session_datetime": start.isoformat()}
        assert person.post(f"/booking/{booking['id']}/reschedule", json=to).status_code == 200
