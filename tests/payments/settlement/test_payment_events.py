"""What Stripe says of a payment, in whatever order and however often it says it."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db
from app.payments.events.status import EventStatus
from app.payments.models import PaymentTransition, Refund
from tests.people import DECLINED, Person
from tests.shop import Shop, changed, prove


def confirmations(shop: Shop) -> int:
    return sum(mail.kind == "booking_confirmed" for mail in shop.rows(Email))


def test_a_paid_session_confirms_the_booking_and_tells_both(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)

    assert client.booking(booking)["status"] == "confirmed"
    assert client.booking(booking)["payment_id"] == checkout["payment_id"]
    assert client.booking(booking)["hold_expires_at"] is None
    payment = client.payment(checkout)
    assert (payment["status"], payment["stripe_session_id"]) == ("succeeded", checkout["session_id"])
    recipients = {mail.recipient for mail in shop.rows(Email) if mail.kind == "booking_confirmed"}
    assert recipients == {client.email, coach.email}


def test_its_way_is_on_record_with_the_event_that_caused_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    event = shop.paid(checkout)

    shop.deliver_event(event)

    (move,) = shop.rows(PaymentTransition)
    assert (move.before, move.after, move.actor) == ("pending", "succeeded", f"stripe:{event['id']}")
    row = shop.event(event)
    assert (row.status, row.attempts, row.last_error) == (EventStatus.PROCESSED, 1, None)
    assert row.finished_at
    assert json.loads(row.payload) == event


def test_an_event_that_arrives_again_changes_nothing(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    event = shop.paid(checkout)

    for _ in range(3):
        shop.deliver_event(event)

    assert shop.event(event).attempts == 1
    assert confirmations(shop) == 2


def test_two_events_of_one_occurrence_confirm_once(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")

    for event in (succeeded, completed, changed(completed)):
        shop.deliver_event(event)

    assert confirmations(shop) == 2
    assert shop.event(completed).status is EventStatus.IGNORED
    assert shop.event(completed).reason == "the payment is succeeded already"


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in reverse"])
def test_all_of_a_payment_s_events_end_the_same_in_any_order(
    shop: Shop, client: Person, coach: Person, backwards: bool
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)
    shop.paid(checkout)
    events = shop.events(checkout)

    for event in events[::-1] if backwards else events:
        assert shop.deliver_event(event) is None

    assert {event["type"] for event in events} >= {"payment_intent.payment_failed", "charge.succeeded"}
    assert client.booking(booking)["status"] == "confirmed"
    payment = client.payment(checkout)
    assert (payment["status"], payment["failure"]) == ("succeeded", None)
    assert confirmations(shop) == 2
    assert shop.rows(Refund) == []


def test_the_payment_is_found_by_its_session_when_the_metadata_is_gone(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    shop.deliver_event(shop.paid(checkout), metadata={})

    assert client.booking(booking)["status"] == "confirmed"


@pytest.mark.parametrize(
    "said",
    [
        {"amount_total": 7499},
        {"amount_total": 1},
        {"amount_total": None},
        {"currency": "usd"},
        {"livemode": True},
        {"id": "cs_of_another_order"},
        {"metadata": {"payment_id": "00000000-0000-0000-0000-000000000000"}},
        {"payment_status": "no_payment_required", "amount_total": 0},
    ],
    ids=str,
)
def test_what_does_not_fit_our_books_confirms_nothing_and_is_told(
    shop: Shop, client: Person, coach: Person, said: dict[str, Any]
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = changed(shop.paid(checkout), **said)

    assert shop.deliver_event(event) is None

    row = shop.event(event)
    assert row.status is EventStatus.FAILED
    assert "Mismatch" in (row.last_error or "")
    assert client.booking(booking)["status"] == "pending"
    assert client.payment(checkout)["status"] == "pending"
    assert confirmations(shop) == 0
    (mail,) = shop.ops_mails()
    assert event["id"] in mail


def test_a_mismatched_intent_confirms_nothing_either(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.paid(checkout)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")
    event = changed(succeeded, amount_received=100)

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.FAILED
    assert client.booking(booking)["status"] == "pending"


def test_a_completed_session_that_is_not_paid_waits_for_the_bank_and_keeps_the_time(
    shop: Shop, client: Person, coach: Person
) -> None:
    prove(client)
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    shop.deliver_event(shop.paid(checkout), payment_status="unpaid")

    assert client.payment(checkout)["status"] == "processing"
    waiting = client.booking(booking)
    assert waiting["status"] == "pending"
    assert waiting["hold_expires_at"] == waiting["session_datetime"]


def test_the_bank_s_yes_confirms(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    shop.deliver_event(event, payment_status="unpaid")

    shop.deliver_event(event, event_type="checkout.session.async_payment_succeeded")

    assert client.booking(booking)["status"] == "confirmed"


def test_the_bank_s_no_frees_the_time(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    shop.deliver_event(event, payment_status="unpaid")

    shop.deliver_event(event, event_type="checkout.session.async_payment_failed", payment_status="unpaid")

    assert client.payment(checkout)["failure"]["code"] == "async_payment_failed"
    assert client.booking(booking)["status"] == "expired"
    Person.registered(client.http, "client").books(coach)


def test_a_late_no_takes_nothing_back(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    (event,) = shop.events(checkout, "checkout.session.completed")

    for late in ("checkout.session.expired", "checkout.session.async_payment_failed"):
        shop.deliver_event(event, event_type=late)

    assert client.payment(checkout)["status"] == "succeeded"
    assert client.booking(booking)["status"] == "confirmed"


def test_a_session_that_expires_frees_the_time(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.control(f"/sessions/{checkout['session_id']}/expire")

    shop.deliver_event(shop.events(checkout, "checkout.session.expired")[0])

    assert client.payment(checkout)["status"] == "expired"
    assert client.booking(booking)["status"] == "expired"


def test_of_two_payments_for_one_booking_the_second_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    first = client.checks_out(booking)
    first_paid = shop.paid(first)
    db.session.execute(
        text("UPDATE payment SET status = 'expired'")
    )  # its event is late, and another page opens
    db.session.commit()
    second = client.checks_out(booking)
    second_paid = shop.paid(second)

    shop.deliver_event(first_paid)
    shop.deliver_event(second_paid)

    assert client.booking(booking)["status"] == "confirmed"
    assert client.booking(booking)["payment_id"] == first["payment_id"]
    (refund,) = shop.rows(Refund)
    assert (str(refund.payment_id), refund.amount_minor) == (second["payment_id"], 7500)
    assert [mail.kind for mail in shop.rows(Email) if "on its way back" in mail.subject] == [
        "payment_returned"
    ]


@pytest.mark.parametrize("first", ["payment_intent.canceled", "checkout.session.expired"])
def test_a_session_that_expires_after_a_decline_frees_the_time_in_any_order(
    shop: Shop, client: Person, coach: Person, first: str
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.control(f"/sessions/{checkout['session_id']}/expire")
    told = [
        event
        for kind in ("payment_intent.canceled", "checkout.session.expired")
        for event in shop.events(checkout, kind)
    ]

    for event in sorted(told, key=lambda event: event["type"] != first):
        shop.deliver_event(event)

    assert len(told) == 2
    assert client.payment(checkout)["status"] == "expired"
    assert client.booking(booking)["status"] == "expired"
