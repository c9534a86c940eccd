"""What is booked with a coach whose account is deactivated."""

import httpx

from app.bookings import lifecycle
from app.payments.models import Refund
from tests.payments.checkout.expired_holds import let_holds_run_out
from tests.people import PASSWORD, Person, next_week
from tests.shop import Shop

Booking = dict[str, str]


def leaves(coach: Person) -> None:
    assert coach.post("/auth/me/deactivate", json={"password": PASSWORD}).status_code == 204


def moves(client: Person, booking: Booking) -> httpx.Response:
    wish = {"session_datetime": next_week(20).isoformat()}
    return client.post(f"/booking/{booking['id']}/reschedule", json=wish)


def test_a_confirmed_session_stands_and_its_client_may_call_it_off_but_not_move_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, _ = shop.pays_for(client, coach)
    leaves(coach)

    assert client.booking(booking)["status"] == "confirmed"
    refused = moves(client, booking)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/coach-gone")

    assert client.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    assert len(shop.mails("booking_cancelled")) == 2


def test_a_hold_is_paid_for_and_both_are_told(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    leaves(coach)

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] == "confirmed"
    assert {mail.recipient for mail in shop.mails("booking_confirmed")} == {client.email, coach.email}


def test_money_that_comes_after_the_hold_ran_out_goes_back(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    let_holds_run_out()
    shop.work(lambda: [lifecycle.expire(each) for each in shop.rows(lifecycle.Booking)])
    leaves(coach)

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] == "expired"
    assert [refund.amount_minor for refund in shop.rows(Refund)] == [7500]
    (told,) = shop.mails("payment_returned")
    assert "no longer accepts bookings" in " ".join(told.text_body.split())
