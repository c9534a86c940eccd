"""Money that arrives late: when the hold has run out, the time is sold, or a bank takes days."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bookings import lifecycle
from app.emails.models import Email
from app.extensions import db
from app.payments.models import Refund
from tests.payments.checkout.expired_holds import expire_bookings, let_holds_run_out
from tests.payments.earnings.coach_earnings import take_place
from tests.payments.refunds.refund_attempts import amounts, ask, at_stripe
from tests.payments.scenarios import paid_twice
from tests.people import DECLINED, Checkout, Person, next_week
from tests.shop import Event, Shop, prove

ELSEWHERE = "https://example.com/elsewhere"


def paid_after_expiry(shop: Shop, client: Person, coach: Person) -> tuple[dict[str, Any], Checkout, Event]:
    """A booking that expired before the event of its payment arrives, its checkout and the event."""
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    expire_bookings()
    return booking, checkout, event


def test_a_session_whose_money_came_after_its_time_waits_for_no_more(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    begun = "tstzrange(now() - interval '50 minutes', now() + interval '10 minutes')"
    db.session.execute(text(f"UPDATE booking SET period = {begun}, busy = {begun}"))
    let_holds_run_out()

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] == "expired"
    assert shop.work(lambda: lifecycle.STALE_HOLDS.ids(100)) == []


def test_a_late_payment_is_not_refused_for_a_hold_that_ran_out_too(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach, next_week())
    completed = shop.paid(client.checks_out(booking))
    let_holds_run_out()
    rival = Person.registered(client.http, "client")
    unpaid = rival.books(coach, next_week())
    assert client.booking(booking)["status"] == "expired"
    let_holds_run_out()

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] == "confirmed"
    assert rival.booking(unpaid)["status"] == "expired"
    assert shop.rows(Refund) == []


def test_while_a_bank_is_at_work_no_second_page_opens_and_the_time_is_kept(
    shop: Shop, client: Person, coach: Person
) -> None:
    prove(client)
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.deliver_event(shop.paid(checkout), payment_status="unpaid")

    for url in (ELSEWHERE, checkout["url"]):
        wish = {"booking_id": booking["id"], "success_url": url, "cancel_url": url}
        refused = client.post("/payment/checkout", json=wish)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-payable")
        assert "the bank has not answered yet" in refused.json()["detail"]

    assert client.booking(booking)["payment_id"] == checkout["payment_id"]
    assert client.booking(booking)["hold_expires_at"] == booking["session_datetime"]


def test_a_page_that_no_other_may_replace_stays_open(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    db.session.execute(text("UPDATE booking SET created_at = created_at - interval '1 hour'"))
    db.session.commit()
    wish = {"booking_id": booking["id"], "success_url": ELSEWHERE, "cancel_url": ELSEWHERE}

    assert "too long" in client.post("/payment/checkout", json=wish).json()["detail"]

    assert client.checks_out(booking)["session_id"] == checkout["session_id"]
    assert shop.sandbox.pays(checkout).status_code == 303


def test_a_payment_after_the_booking_expired_confirms_it_when_the_time_is_free(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, _, event = paid_after_expiry(shop, client, coach)

    shop.deliver_event(event)

    assert client.booking(booking)["status"] == "confirmed"
    assert shop.rows(Refund) == []


def test_a_payment_after_the_time_was_sold_goes_back_and_the_client_is_told_what_is_free(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout, event = paid_after_expiry(shop, client, coach)
    Person.registered(client.http, "client").books(coach)

    shop.deliver_event(event)

    assert client.booking(booking)["status"] == "expired"
    assert client.payment(checkout)["status"] == "succeeded"
    (refund,) = shop.rows(Refund)
    assert refund.amount_minor == 7500
    (mail,) = [mail for mail in shop.rows(Email) if mail.kind == "payment_returned"]
    assert "75.00 EUR" in mail.subject
    assert "is free at these times" in mail.text_body


def test_a_payment_that_comes_after_the_session_s_time_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    begun = "tstzrange(now() - interval '10 minutes', now() + interval '50 minutes')"
    db.session.execute(text(f"UPDATE booking SET period = {begun}, busy = {begun}"))
    db.session.commit()

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] != "confirmed"
    assert [refund.amount_minor for refund in shop.rows(Refund)] == [7500]


def test_of_a_late_payment_only_what_the_dashboard_left_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)
    for event in shop.events(checkout, "payment_intent.payment_failed"):
        shop.deliver_event(event)  # the payment's intent is known from now on
    completed = shop.paid(checkout)
    for event in shop.refunds_by_hand(checkout, 3000):
        shop.deliver_event(event)
    client.post(f"/booking/{booking['id']}/cancel", json={})

    shop.deliver_event(completed)
    (returned,) = [refund for refund in shop.rows(Refund) if refund.cause == "returned"]
    ask(shop, returned.id)

    assert amounts(shop) == [("dashboard", "succeeded", 3000), ("returned", "succeeded", 4500)]
    assert at_stripe(shop, checkout) == 7500
    (mail,) = shop.mails("payment_returned")
    assert "45.00 EUR" in mail.subject


@pytest.mark.parametrize("outcome", ["complete", "no-show"])
def test_a_second_payment_told_after_the_session_goes_back(
    shop: Shop, client: Person, coach: Person, outcome: str
) -> None:
    first, second = paid_twice(shop, client, coach)
    shop.deliver_event(shop.events(first, "checkout.session.completed")[0])
    (booking,) = client.get("/booking").json()["items"]
    take_place(booking)
    assert coach.post(f"/booking/{booking['id']}/{outcome}").status_code == 200
    ended = client.booking(booking)["status"]

    (late,) = shop.events(second, "checkout.session.completed")
    shop.deliver_event(late)

    assert shop.event(late).status == "processed"
    assert client.booking(booking)["status"] == ended
    assert amounts(shop) == [("returned", "pending", 7500)]
    (refund,) = shop.rows(Refund)
    assert (str(refund.payment_id), refund.stripe_reason) == (second["payment_id"], "duplicate")
