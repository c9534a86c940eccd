"""How much one person holds unpaid, and how soon again after what came to nothing."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.bookings.unpaid_holds import UnpaidHold
from app.extensions import db
from app.payments.checkout import expiry
from app.privacy import retention
from tests.bookings.new_clients import cancels, comes_from, newcomer, outcome
from tests.people import PAID, Person, next_week
from tests.shop import Shop, prove

pytestmark = pytest.mark.usefixtures("limits_on")
FIVE_MINUTES, ONE_HOUR = 300, 3600


def later(**span: float) -> None:
    """All that lapsed did so as much earlier."""
    seconds = timedelta(**span).total_seconds()
    db.session.execute(text(f"UPDATE unpaid_hold SET lapsed_at = lapsed_at - interval '{seconds} seconds'"))
    db.session.commit()


def lapses(person: Person, coach: Person, times: int = 1) -> None:
    """Holds that its client calls off, as often as nobody minds in between."""
    for _ in range(times):
        cancels(person, person.books(coach))


def test_who_has_proven_no_address_holds_one_short_series(client: Person, coach: Person) -> None:
    assert outcome(client.wish_series(coach, next_week(), 6)) == "too-many-holds"
    assert outcome(client.wish_series(coach, next_week(), 4)) == "held"
    assert outcome(client.wish_series(coach, next_week(12), 2)) == "too-many-holds"
    client.books(coach, next_week(14))

    refused = client.wish(coach, next_week(16))

    assert outcome(refused) == "too-many-holds"
    assert "5 sessions unpaid until you verify your e-mail address: you hold 5" in refused.json()["detail"]
    prove(client)
    assert outcome(client.wish(coach, next_week(16))) == "held"


def test_who_has_proven_an_address_holds_a_year_s_series(client: Person, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"horizon_days": 366}).raise_for_status()
    prove(client)

    assert outcome(client.wish_series(coach, next_week(), 51)) == "held"
    assert outcome(client.wish_series(coach, next_week(12), 10)) == "too-many-holds"


def test_the_same_request_under_one_key_counts_once(client: Person, coach: Person) -> None:
    wish = {"coach_id": coach.id, "duration_minutes": 60, "sessions": 5}
    wish["session_datetime"] = next_week().isoformat()

    answers = [
        client.post("/booking/series", json=wish, headers={"Idempotency-Key": "five"}) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert db.session.query(UnpaidHold).count() == 1


def test_who_holds_and_calls_off_pauses_for_longer_each_time(client: Person, coach: Person) -> None:
    lapses(client, coach, 3)
    seen = []

    for _ in range(6):
        refused = client.wish(coach, next_week())
        assert (refused.status_code, outcome(refused)) == (429, "holds-paused")
        seen.append(int(refused.headers["Retry-After"]))
        later(seconds=seen[-1])
        lapses(client, coach)

    assert [ONE_HOUR - 60 < seconds <= ONE_HOUR for seconds in seen[-2:]] == [True, True]
    assert [round(seconds / FIVE_MINUTES) for seconds in seen[:-2]] == [1, 2, 4, 8]


def test_a_day_later_nothing_counts_any_more_and_is_forgotten(
    shop: Shop, client: Person, coach: Person
) -> None:
    lapses(client, coach, 3)
    assert shop.work(retention.delete_unpaid_holds) == 0
    later(days=1)

    assert outcome(client.wish(coach, next_week())) == "held"
    assert shop.work(retention.delete_unpaid_holds) == 3
    assert shop.work(retention.delete_unpaid_holds) == 0


def test_an_abandoned_payment_page_counts_as_calling_off(shop: Shop, client: Person, coach: Person) -> None:
    for _ in range(3):
        booking = client.books(coach)
        client.checks_out(booking)
        db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
        db.session.commit()
        shop.work(expiry.release, UUID(booking["id"]))

    assert outcome(client.wish(coach, next_week())) == "holds-paused"


def test_a_pause_leaves_what_is_held_and_a_payment_ends_it(shop: Shop, client: Person, coach: Person) -> None:
    kept = client.books(coach, next_week(15))
    lapses(client, coach, 3)
    assert outcome(client.wish(coach, next_week())) == "holds-paused"

    wish = {"booking_id": kept["id"], "success_url": PAID, "cancel_url": PAID}
    shop.deliver_event(shop.paid(client.post("/payment/checkout", json=wish).json()))

    assert client.booking(kept)["status"] == "confirmed"
    assert outcome(client.wish(coach, next_week())) == "held"


def test_a_series_given_up_session_by_session_is_one_that_came_to_nothing(
    client: Person, coach: Person
) -> None:
    for booking in client.books_series(coach, 5)["items"]:
        cancels(client, booking)

    lapses(client, coach, 2)

    assert outcome(client.wish(coach, next_week())) == "holds-paused"


def test_what_a_coach_calls_off_is_not_held_against_the_client(client: Person, coach: Person) -> None:
    for _ in range(4):
        cancels(coach, client.books(coach))

    assert outcome(client.wish(coach, next_week())) == "held"


def test_an_unpaid_time_cannot_be_moved_instead(client: Person, coach: Person) -> None:
    booking = client.books(coach)

    answer = client.post(
        f"/booking/{booking['id']}/reschedule", json={"session_datetime": next_week(12).isoformat()}
    )

    assert outcome(answer) == "wrong-status"


def test_one_person_of_a_network_keeps_nobody_else_out(
    http: httpx.Client, client: Person, coach: Person
) -> None:
    lapses(client, coach, 3)
    for minutes in (5, 10):
        later(minutes=minutes)
        lapses(client, coach)
    assert outcome(client.wish(coach, next_week())) == "holds-paused"

    assert outcome(newcomer(http, "127.0.0.1").wish(coach, next_week())) == "held"


def test_many_of_a_network_pause_it_shortly_for_who_is_unproven(http: httpx.Client, coach: Person) -> None:
    for n in range(5):
        lapses(newcomer(http, f"2001:db8:0:1::{n}"), coach)
    one = newcomer(http, "2001:db8:0:1:ffff::1")

    refused = one.wish(coach, next_week())

    assert (outcome(refused), int(refused.headers["Retry-After"])) == (
        "holds-paused",
        pytest.approx(60, abs=9),
    )
    assert "Verify your e-mail address" in refused.json()["detail"]
    comes_from(http, "2001:db8:0:2::1")
    assert outcome(one.wish(coach, next_week())) == "held"
    proven = newcomer(http, "2001:db8:0:1::9", proven=True)
    assert outcome(proven.wish(coach, next_week(12))) == "held"


def test_no_address_of_a_network_is_kept(http: httpx.Client, coach: Person) -> None:
    newcomer(http, "192.0.2.77").books(coach)
    newcomer(http, "192.0.2.78").books(coach, next_week(12))

    first, second = (row.network for row in db.session.query(UnpaidHold))

    assert first != second
    assert "192.0.2" not in f"{first} {second}"
