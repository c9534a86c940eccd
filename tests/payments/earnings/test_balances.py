"""What of a coach's money can be paid out: that of sessions that took place, and no other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.extensions import db
from tests.configuration import Configure
from tests.payments.disputes.opened_disputes import decided, disputed, hears
from tests.payments.earnings.coach_earnings import (
    deliver_events,
    earnings,
    issued,
    pays_out,
    refunded,
    standing,
    take_place,
)
from tests.payments.payouts.connected_accounts import onboarded
from tests.people import Person, next_week
from tests.shop import Shop

Delay = Callable[[int], None]


@pytest.fixture
def delay(configure: Configure) -> Delay:
    """Sets PAYOUT_DELAY_DAYS, as a restart with another value would."""

    def days(number: int) -> None:
        configure(payout_delay_days=number)

    return days


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/amount"
    return str(error["detail"])


def end(booking: dict[str, Any]) -> datetime:
    return moment(booking["session_datetime"]) + timedelta(hours=1)


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


def test_what_was_paid_for_a_session_to_come_is_owed_and_not_yet_payable(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    booking, _ = shop.pays_for(client, coach)

    assert standing(coach) == (7500, 0, 7500, 0)
    (totals,) = earnings(coach)
    assert moment(totals["next_payable_at"]) == moment(totals["all_payable_at"]) == end(booking)
    said = refused(pays_out(admin, coach, 0.01))
    assert "what is payable now, 0.00 EUR; 75.00 EUR is not yet payable" in said
    assert f"{end(booking):%Y-%m-%d %H:%M} UTC" in said


def test_once_it_took_place_it_is_payable(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    shop.pays_for(client, coach)
    take_place()

    assert standing(coach) == (7500, 7500, 0, 0)
    assert pays_out(admin, coach, 75).status_code == 201
    assert standing(coach) == (0, 0, 0, 0)


@pytest.mark.parametrize("status", ["complete", "no-show"])
def test_whatever_the_coach_says_of_how_it_went(
    shop: Shop, client: Person, coach: Person, status: str
) -> None:
    booking, _ = shop.pays_for(client, coach)
    take_place(booking)
    assert coach.post(f"/booking/{booking['id']}/{status}").status_code == 200

    assert standing(coach) == (7500, 7500, 0, 0)


def test_a_session_that_runs_is_not_payable_yet(shop: Shop, client: Person, coach: Person) -> None:
    booking, _ = shop.pays_for(client, coach)
    take_place(booking, ago="-10 minutes")

    assert standing(coach) == (7500, 0, 7500, 0)


def test_a_setting_waits_for_days_after_the_end(
    shop: Shop, client: Person, coach: Person, admin: Person, delay: Delay
) -> None:
    delay(3)
    booking, _ = shop.pays_for(client, coach)
    take_place(ago="71 hours")

    assert standing(coach) == (7500, 0, 7500, 0)
    (totals,) = earnings(coach)
    until = end(client.booking(booking)) + timedelta(days=3)
    assert moment(totals["all_payable_at"]) == until
    assert "0.00 EUR" in refused(pays_out(admin, coach, 75))

    take_place(ago="73 hours")
    assert pays_out(admin, coach, 75).status_code == 201


def test_of_a_series_each_session_becomes_payable_after_its_own_end(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    take_place(series["items"][0])

    assert standing(coach) == (22500, 7500, 15000, 0)
    (totals,) = earnings(coach)
    assert moment(totals["next_payable_at"]) == end(series["items"][1])
    assert moment(totals["all_payable_at"]) == end(series["items"][2])
    assert "75.00 EUR; 150.00 EUR" in refused(pays_out(admin, coach, 75.01))
    assert pays_out(admin, coach, 75).status_code == 201


def test_what_went_back_of_a_series_as_a_whole_is_not_payable(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    take_place(series["items"][0], ago="5 days")

    deliver_events(shop, shop.refunds_by_hand(checkout, 15000))

    assert standing(coach) == (7500, 0, 7500, 0)
    take_place()
    assert standing(coach) == (7500, 7500, 0, 0)


def test_a_session_that_is_moved_to_later_is_payable_later(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    booking, _ = shop.pays_for(client, coach)
    later = next_week(15) + timedelta(days=3)
    answer = client.post(f"/booking/{booking['id']}/reschedule", json={"session_datetime": later.isoformat()})
    assert answer.status_code == 200, answer.text

    (totals,) = earnings(coach)
    assert moment(totals["all_payable_at"]) == later + timedelta(hours=1)


def test_what_a_cancelled_session_leaves_is_payable_when_it_would_have_ended(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    refunded(shop, coach, checkout, amount=25)
    db.session.execute(text("UPDATE booking SET status = 'cancelled'"))
    db.session.commit()

    assert standing(coach) == (5000, 0, 5000, 0)
    take_place(booking)
    assert standing(coach) == (5000, 5000, 0, 0)


def test_what_is_going_back_to_the_client_is_not_payable(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    take_place()
    wish = {"amount": 50, "reason": "a favour"}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202

    assert standing(coach) == (7500, 2500, 5000, 0)
    assert "being refunded to clients" in refused(pays_out(admin, coach, 25.01))
    issued(shop)
    assert standing(coach) == (2500, 2500, 0, 0)


def test_each_currency_has_its_own(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    shop.pays_for(client, coach)
    take_place()
    coach.open_for_business(currency="JPY", hourly_rate=7777)
    shop.pays_for(client, coach)

    found = {each["currency"]: (each["payable"], each["not_yet_payable"]) for each in earnings(coach)}
    assert found == {"EUR": (75.0, 0.0), "JPY": (0.0, 7777.0)}
    assert "0 JPY; 7,777 JPY" in refused(pays_out(admin, coach, 1, currency="JPY"))


def test_of_a_period_nothing_is_said_of_what_is_payable(shop: Shop, client: Person, coach: Person) -> None:
    shop.pays_for(client, coach)

    (totals,) = earnings(coach, **{"from": "2020-01-01"})

    assert (totals["owed"], totals["payable"], totals["debt"]) == (75.0, None, None)


@pytest.mark.usefixtures("connect")
def test_what_stripe_sent_on_for_sessions_to_come_holds_back_nothing_of_what_we_owe(
    shop: Shop, client: Person, coach: Person
) -> None:
    shop.pays_for(client, coach)
    take_place()
    onboarded(shop, coach)
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    shop.settles(checkout)

    assert standing(coach) == (7500, 7500, 0, 0)


def test_an_admin_sees_what_can_be_paid_out(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    shop.pays_for(client, coach)
    take_place()
    shop.pays_for(client, coach)

    (found,) = admin.get(f"/admin/coach/{coach.id}/balance").json()["items"]

    assert (found["owed"], found["payable"], found["not_yet_payable"]) == (150.0, 75.0, 75.0)
    assert admin.get(f"/admin/coach/{client.id}/balance").status_code == 404


def test_what_a_bank_holds_is_not_payable(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    take_place()
    dispute = disputed(shop, client, checkout)
    hears(shop, checkout)
    assert standing(coach)[1:3] == (0, 0)

    decided(shop, dispute, "won")
    hears(shop, checkout)
    assert standing(coach)[:2] == (7500, 7500)
