"""What Stripe says of a payment, in whatever order and however often it says it."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.models import PaymentTransition, Refund
from app.payments.webhook import inbox
from app.queue.backoff import MAX_ATTEMPTS
from tests.people import DECLINED, Person
from tests.shop import Shop, changed, prove


def confirmations(shop: Shop) -> int:
    return sum(mail.kind == "booking_confirmed" for mail in shop.rows(Email))


def make_due(event: dict[str, Any]) -> None:
    db.session.execute(
        text("UPDATE stripe_event SET due_at = now() - interval '1 second' WHERE id = :id"), event
    )
    db.session.commit()


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

    shop.told(event)

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
        shop.told(event)

    assert shop.event(event).attempts == 1
    assert confirmations(shop) == 2


def test_two_events_of_one_occurrence_confirm_once(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")

    for event in (succeeded, completed, changed(completed)):
        shop.told(event)

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
        assert shop.told(event) is None

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

    shop.told(shop.paid(checkout), metadata={})

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

    assert shop.told(event) is None

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

    shop.told(event)

    assert shop.event(event).status is EventStatus.FAILED
    assert client.booking(booking)["status"] == "pending"


def test_a_completed_session_that_is_not_paid_waits_for_the_bank_and_keeps_the_time(
    shop: Shop, client: Person, coach: Person
) -> None:
    prove(client)
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    shop.told(shop.paid(checkout), payment_status="unpaid")

    assert client.payment(checkout)["status"] == "processing"
    waiting = client.booking(booking)
    assert waiting["status"] == "pending"
    assert waiting["hold_expires_at"] == waiting["session_datetime"]


def test_the_bank_s_yes_confirms(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    shop.told(event, payment_status="unpaid")

    shop.told(event, event_type="checkout.session.async_payment_succeeded")

    assert client.booking(booking)["status"] == "confirmed"


def test_the_bank_s_no_frees_the_time(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    shop.told(event, payment_status="unpaid")

    shop.told(event, event_type="checkout.session.async_payment_failed", payment_status="unpaid")

    assert client.payment(checkout)["failure"]["code"] == "async_payment_failed"
    assert client.booking(booking)["status"] == "expired"
    Person.registered(client.http, "client").books(coach)


def test_a_late_no_takes_nothing_back(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    (event,) = shop.events(checkout, "checkout.session.completed")

    for late in ("checkout.session.expired", "checkout.session.async_payment_failed"):
        shop.told(event, event_type=late)

    assert client.payment(checkout)["status"] == "succeeded"
    assert client.booking(booking)["status"] == "confirmed"


def test_a_session_that_expires_frees_the_time(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.control(f"/sessions/{checkout['session_id']}/expire")

    shop.told(shop.events(checkout, "checkout.session.expired")[0])

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

    shop.told(first_paid)
    shop.told(second_paid)

    assert client.booking(booking)["status"] == "confirmed"
    assert client.booking(booking)["payment_id"] == first["payment_id"]
    (refund,) = shop.rows(Refund)
    assert (str(refund.payment_id), refund.amount_minor) == (second["payment_id"], 7500)
    assert [mail.kind for mail in shop.rows(Email) if "on its way back" in mail.subject] == [
        "payment_returned"
    ]


def test_a_payment_after_the_booking_expired_confirms_it_when_the_time_is_free(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    db.session.execute(text("UPDATE booking SET status = 'expired', hold_expires_at = NULL"))
    db.session.commit()

    shop.told(event)

    assert client.booking(booking)["status"] == "confirmed"
    assert shop.rows(Refund) == []


def test_a_payment_after_the_time_was_sold_goes_back_and_the_client_is_told_what_is_free(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    db.session.execute(text("UPDATE booking SET status = 'expired', hold_expires_at = NULL"))
    db.session.commit()
    Person.registered(client.http, "client").books(coach)

    shop.told(event)

    assert client.booking(booking)["status"] == "expired"
    assert client.payment(checkout)["status"] == "succeeded"
    (refund,) = shop.rows(Refund)
    assert refund.amount_minor == 7500
    (mail,) = [mail for mail in shop.rows(Email) if mail.kind == "payment_returned"]
    assert "75.00 EUR" in mail.subject
    assert "is free at these times" in mail.text_body


def test_a_payment_of_somebody_else_s_is_recorded_and_left_alone(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    event = changed(
        shop.paid(checkout),
        id="cs_of_another_shop",
        payment_intent="pi_of_another",
        metadata={"payment_id": "x"},
    )

    shop.told(event)

    assert shop.event(event).status is EventStatus.IGNORED
    assert shop.event(event).reason == "no payment of ours"


def test_a_payment_that_we_do_not_know_is_left_alone(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    event = changed(
        shop.paid(checkout), id="cs_1", payment_intent=None, metadata={"payment_id": str(uuid4())}
    )

    shop.told(event)

    assert shop.event(event).status is EventStatus.IGNORED


def test_a_type_that_nothing_depends_on_is_recorded_and_ignored(shop: Shop) -> None:
    event = {"id": "evt_customer", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}

    assert shop.told(event) is None

    row = shop.event(event)
    assert (row.status, row.attempts) == (EventStatus.IGNORED, 1)
    assert row.reason


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own, which a release may mend."""

    def breaks(_subject: dict[str, Any], _at: datetime) -> None:
        raise LookupError("a row is gone")

    monkeypatch.setitem(inbox.HANDLERS, "checkout.session.completed", breaks)


@pytest.mark.usefixtures("broken")
def test_an_event_that_cannot_be_applied_is_tried_again_later_and_later(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    pauses: list[timedelta | None] = []

    for _ in range(MAX_ATTEMPTS - 1):
        pauses.append(shop.told(event))
        due = shop.event(event).due_at - now()
        assert pauses[-1] is not None
        assert abs(due - pauses[-1]) < timedelta(seconds=1)
        make_due(event)

    assert all(late >= early for early, late in pairwise(pauses[::2]))  # jittered, so not each step grows
    assert shop.event(event).status is EventStatus.RECEIVED
    assert shop.ops_mails() == []


@pytest.mark.usefixtures("broken")
def test_in_the_end_it_is_given_up_and_an_operator_is_told(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    for _ in range(MAX_ATTEMPTS):
        pause = shop.told(event)
        make_due(event)

    assert pause is None
    row = shop.event(event)
    assert (row.status, row.attempts) == (EventStatus.FAILED, MAX_ATTEMPTS)
    assert row.last_error == "LookupError: a row is gone"
    assert isinstance(row.finished_at, datetime)
    (mail,) = shop.ops_mails()
    assert "evt_odd" in mail
    assert shop.told(event) is None
    assert shop.event(event).attempts == MAX_ATTEMPTS


def test_an_event_that_is_not_due_is_not_tried(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    shop.told(event)

    assert shop.told(event) is None

    assert shop.event(event).attempts == 1


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
        shop.told(event)

    assert len(told) == 2
    assert client.payment(checkout)["status"] == "expired"
    assert client.booking(booking)["status"] == "expired"


def test_a_payment_that_comes_after_the_session_s_time_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    begun = "tstzrange(now() - interval '10 minutes', now() + interval '50 minutes')"
    db.session.execute(text(f"UPDATE booking SET period = {begun}, busy = {begun}"))
    db.session.commit()

    shop.told(completed)

    assert client.booking(booking)["status"] != "confirmed"
    assert [refund.amount_minor for refund in shop.rows(Refund)] == [7500]


def test_an_event_that_kills_every_worker_is_parked_and_the_operator_told(
    shop: Shop, client: Person, coach: Person
) -> None:
    completed = shop.paid(client.checks_out(client.books(coach)))
    shop.work(inbox.record, json.dumps(completed))
    db.session.execute(text("UPDATE stripe_event SET attempts = :most"), {"most": MAX_ATTEMPTS})
    db.session.commit()
    make_due(completed)

    assert shop.work(inbox.process, shop.work(inbox.claim, completed["id"])) is None

    assert shop.event(completed).status is EventStatus.FAILED
    assert len(shop.ops_mails()) == 1


def test_an_event_whose_worker_dies_once_it_is_on_record_is_tried_again_after_its_lease(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    shop.work(inbox.record, json.dumps(completed))

    shop.told(completed)  # the broker delivers it again at once
    assert shop.work(inbox.due, 100) == []
    assert client.booking(booking)["status"] == "pending"

    make_due(completed)
    assert shop.work(inbox.due, 100) == [completed["id"]]
    shop.told(completed)
    assert client.booking(booking)["status"] == "confirmed"
    assert shop.event(completed).attempts == 2


@pytest.mark.parametrize("payload", ['{"amount": 1e400}', '{"amount": NaN}', r'{"text": "\u0000 \ud800"}'])
def test_whatever_is_signed_is_kept(shop: Shop, payload: str) -> None:
    event = f'{{"id": "evt_{uuid4().hex}", "type": "odd.thing", "data": {{"object": {payload}}}}}'

    attempt = shop.work(inbox.record, event)

    assert attempt
    assert [row.payload for row in shop.rows(StripeEvent) if row.id == attempt.event_id] == [event]
