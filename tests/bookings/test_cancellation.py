"""Calling a session off, and what goes back."""

import pytest
from icalendar import Calendar

from tests.accounts.two_factor.authenticator import proven
from tests.bookings.paid_bookings import mails, paid, refunded, soon
from tests.people import Person, next_week
from tests.shop import Shop

IN_FULL_A_DAY_BEFORE_ELSE_HALF = {
    "tiers": [{"hours_before": 24, "refund_percent": 100}, {"hours_before": 0, "refund_percent": 50}],
    "client_notice_minutes": 0,
    "coach_notice_minutes": 0,
}


def test_cancelled_in_time_all_goes_back_and_both_are_told(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())

    answer = client.post(f"/booking/{booking_id}/cancel", json={"reason": "I am ill"})

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["cancellation"]["by"] == "client"
    assert answer.json()["cancellation"]["refund_percent"] == 100
    assert refunded(shop) == [7500]
    told = mails(shop, "booking_cancelled")
    assert set(told) == {client.email, coach.email}
    assert "75.00 EUR (100 %)" in told[client.email].text_body
    assert "Refund" not in told[coach.email].text_body


def test_cancelled_late_the_policy_s_share_goes_back(shop: Shop, client: Person, coach: Person) -> None:
    coach.ask("PATCH", "/coach/me", json={"cancellation_policy": IN_FULL_A_DAY_BEFORE_ELSE_HALF})
    booking_id = paid(shop, client, coach, soon(5))

    preview = client.get(f"/booking/{booking_id}/cancellation").json()
    client.post(f"/booking/{booking_id}/cancel", json={})

    assert preview == {
        "refund_percent": 50,
        "refund_amount": 37.5,
        "refund_amount_minor": 3750,
        "currency": "EUR",
    }
    assert refunded(shop) == [3750]


def test_a_policy_that_changed_later_does_not_count(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, soon(30))
    nothing_back = {
        "tiers": [{"hours_before": 0, "refund_percent": 0}],
        "client_notice_minutes": 0,
        "coach_notice_minutes": 0,
    }
    coach.ask("PATCH", "/coach/me", json={"cancellation_policy": nothing_back})

    client.post(f"/booking/{booking_id}/cancel", json={})

    assert refunded(shop) == [7500]


def test_the_coach_s_cancelling_returns_all_however_late(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, soon(2))

    assert coach.post(f"/booking/{booking_id}/cancel", json={"reason": "Sorry"}).status_code == 200

    assert refunded(shop) == [7500]
    assert client.get(f"/booking/{booking_id}").json()["cancellation"]["by"] == "coach"


def test_within_the_notice_it_is_too_late(shop: Shop, client: Person, coach: Person) -> None:
    notice = IN_FULL_A_DAY_BEFORE_ELSE_HALF | {"client_notice_minutes": 600}
    coach.ask("PATCH", "/coach/me", json={"cancellation_policy": notice})
    booking_id = paid(shop, client, coach, soon(5))

    refused = client.post(f"/booking/{booking_id}/cancel", json={})

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/too-late"
    assert refunded(shop) == []


def test_a_cancelled_time_is_free_again(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    client.post(f"/booking/{booking_id}/cancel", json={})

    assert Person.registered(client.http, "client").wish(coach, next_week()).status_code == 201


def test_an_unpaid_hold_is_cancelled_without_a_word_and_a_late_payment_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    completed = shop.paid(checkout)

    assert client.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    shop.deliver_event(completed)

    assert mails(shop, "booking_cancelled") == {}
    assert refunded(shop) == [7500]
    assert client.booking(booking)["status"] == "cancelled"


def test_a_coach_who_cancels_an_unpaid_hold_tells_the_client(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = proven(client).books(coach)

    coach.post(f"/booking/{booking['id']}/cancel", json={"reason": "I am ill"})

    told = mails(shop, "hold_cancelled")
    assert set(told) == {client.email}
    assert "You do not have to pay" in told[client.email].text_body
    assert "I am ill" in told[client.email].text_body


def test_the_mail_says_who_cancelled(shop: Shop, client: Person, coach: Person) -> None:
    client.prove_address()
    booking_id = paid(shop, client, coach, next_week())
    name = coach.get("/auth/me").json()["name"]

    coach.post(f"/booking/{booking_id}/cancel", json={})

    told = mails(shop, "booking_cancelled")
    assert f"{name} cancelled" in told[client.email].text_body
    assert "you cancelled" in told[coach.email].text_body


def test_a_hold_that_is_off_leaves_the_calendar_it_was_put_into(client: Person, coach: Person) -> None:
    path = f"/booking/{client.books(coach)['id']}"
    tentative = Calendar.from_ical(client.get(f"{path}/calendar.ics").text).events[0]

    client.post(f"{path}/cancel", json={})

    off = Calendar.from_ical(client.get(f"{path}/calendar.ics").text).events[0]
    assert (tentative["STATUS"], off["STATUS"]) == ("TENTATIVE", "CANCELLED")
    assert off["SEQUENCE"] > tentative["SEQUENCE"]


@pytest.mark.parametrize("again", ["cancel", "reschedule"])
def test_what_is_off_stays_off(shop: Shop, client: Person, coach: Person, again: str) -> None:
    booking_id = paid(shop, client, coach, next_week())
    client.post(f"/booking/{booking_id}/cancel", json={})
    body = {"session_datetime": next_week(15).isoformat()} if again == "reschedule" else {}

    refused = client.post(f"/booking/{booking_id}/{again}", json=body)

    assert refused.status_code == 409
    assert refunded(shop) == [7500]


def test_the_cancellation_takes_the_event_out_of_the_calendar(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking_id = paid(shop, client, coach, next_week())
    invited = Calendar.from_ical(mails(shop, "booking_confirmed")[client.email].calendar or "")

    client.post(f"/booking/{booking_id}/cancel", json={})

    off = Calendar.from_ical(mails(shop, "booking_cancelled")[client.email].calendar or "")
    assert (off["METHOD"], off.events[0]["STATUS"]) == ("CANCEL", "CANCELLED")
    assert off.events[0]["UID"] == invited.events[0]["UID"]
    assert off.events[0]["SEQUENCE"] > invited.events[0]["SEQUENCE"]


def test_nobody_else_can_cancel(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    other = Person.registered(client.http, "client")

    assert other.post(f"/booking/{booking_id}/cancel", json={}).status_code == 404


def test_what_went_back_by_hand_does_not_go_back_again(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    payment = client.get(f"/payment/{client.get(f'/booking/{booking_id}').json()['payment_id']}").json()
    shop.sandbox.control(f"/payments/{payment['stripe_payment_intent_id']}/refund", amount=2500)
    for event in shop.events({"session_id": payment["stripe_session_id"]}, "refund."):
        shop.deliver_event(event)

    client.post(f"/booking/{booking_id}/cancel", json={})

    assert sorted(refunded(shop)) == [2500, 5000]
