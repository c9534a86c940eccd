"""A payer who tries one method after the other: late news of an earlier attempt undoes no later one."""

from datetime import UTC, datetime, timedelta

import pytest

from app.bookings.models import Booking
from app.payments.models import Payment
from tests.payments.scenarios import DEBIT, FAILING_DEBIT
from tests.people import DECLINED, PAID, Checkout, Person
from tests.shop import Event, Shop, changed, prove


def at(event: Event, seconds: int) -> Event:
    """The event as it would be so many seconds later."""
    return {**changed(event), "created": event["created"] + seconds}


def chose_a_debit(shop: Shop, client: Person, coach: Person, iban: str = DEBIT) -> Checkout:
    """Two cards are declined, and the payer goes on with a bank debit; nothing has arrived here yet."""
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.pays(checkout, "4000000000009995")
    shop.sandbox.debits(checkout, iban)
    return checkout


def page_for(client: Person) -> dict[str, str]:
    """What asks for the same page again."""
    (booking,) = client.get("/booking").json()["items"]
    return {"booking_id": booking["id"], "success_url": PAID, "cancel_url": "https://example.com/cancelled"}


def status_of(shop: Shop) -> tuple[str, str | None]:
    (payment,) = shop.rows(Payment)
    return payment.status, payment.failure_code


@pytest.mark.parametrize("seconds", [0, 40], ids=["in the same second", "seconds later"])
@pytest.mark.parametrize("began", ["checkout.session.completed", "payment_intent.processing"])
def test_a_late_decline_leaves_a_debit_under_way(
    unhurried: Shop, client: Person, coach: Person, began: str, seconds: int
) -> None:
    prove(client)
    checkout = chose_a_debit(unhurried, client, coach)
    declines = unhurried.events(checkout, "payment_intent.payment_failed")
    unhurried.deliver_event(at(unhurried.events(checkout, began)[0], seconds))

    for decline in declines:
        unhurried.deliver_event(decline)

    assert status_of(unhurried) == ("processing", None)
    (booking,) = unhurried.rows(Booking)
    assert booking.hold_expires_at == booking.start
    assert client.post("/payment/checkout", json=page_for(client)).status_code == 409
    assert [unhurried.event(each).status for each in declines] == ["ignored", "ignored"]


def test_late_word_of_the_debit_leaves_it_returned(unhurried: Shop, client: Person, coach: Person) -> None:
    checkout = chose_a_debit(unhurried, client, coach, FAILING_DEBIT)
    began = unhurried.events(checkout, "payment_intent.processing")[0]
    completed = unhurried.events(checkout, "checkout.session.completed")[0]
    unhurried.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")
    returned = unhurried.events(checkout, "payment_intent.payment_failed")[-1]
    reason = returned["data"]["object"]["last_payment_error"]["code"]
    unhurried.deliver_event(returned)

    for late in (began, completed, *unhurried.events(checkout, "payment_intent.payment_failed")[:-1]):
        unhurried.deliver_event(late)

    assert status_of(unhurried) == ("failed", reason)


def test_a_debit_that_was_returned_leaves_no_page_to_pay_on_and_its_time_free(
    unhurried: Shop, client: Person, coach: Person
) -> None:
    """Its session is complete, also where Stripe's word of that gets lost."""
    checkout = chose_a_debit(unhurried, client, coach, FAILING_DEBIT)
    unhurried.deliver_event(unhurried.events(checkout, "payment_intent.processing")[0])
    unhurried.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")
    unhurried.deliver_event(unhurried.events(checkout, "payment_intent.payment_failed")[-1])

    again = client.post("/payment/checkout", json=page_for(client))

    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-payable")
    assert [booking.status for booking in unhurried.rows(Booking)] == ["expired"]
    Person.registered(client.http, "client").books(coach)


def test_a_decline_leaves_the_page_open(unhurried: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    unhurried.sandbox.pays(checkout, DECLINED)
    unhurried.deliver_event(unhurried.events(checkout, "payment_intent.payment_failed")[0])

    again = client.post("/payment/checkout", json=page_for(client))

    assert (again.status_code, again.json()["session_id"]) == (200, checkout["session_id"])


def test_the_latest_decline_gives_the_reason(unhurried: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    unhurried.sandbox.pays(checkout, DECLINED)
    unhurried.sandbox.pays(checkout, "4000000000009995")
    first, second = unhurried.events(checkout, "payment_intent.payment_failed")

    unhurried.deliver_event(at(second, 30))
    unhurried.deliver_event(first)

    assert status_of(unhurried) == ("failed", "insufficient_funds")


def test_an_event_knows_when_it_happened(unhurried: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    unhurried.sandbox.pays(checkout, DECLINED)
    (event,) = unhurried.events(checkout, "payment_intent.payment_failed")
    odd = [{**changed(event), "created": created} for created in (None, "soon", 10**30, [1])]

    for each in (event, *odd):
        unhurried.deliver_event(each)

    assert unhurried.event(event).happened_at == datetime.fromtimestamp(event["created"], UTC)
    for each in odd:
        row = unhurried.event(each)
        assert (row.status, row.happened_at) == ("processed", row.received_at)
        assert abs(datetime.now(UTC) - row.received_at) < timedelta(minutes=5)


@pytest.mark.parametrize("reason_first", [True, False], ids=["reason first", "session first"])
def test_the_bank_s_own_reason_outlives_the_general_one(
    unhurried: Shop, client: Person, coach: Person, reason_first: bool
) -> None:
    checkout = client.checks_out(client.books(coach))
    unhurried.sandbox.debits(checkout, FAILING_DEBIT)
    unhurried.deliver_event(unhurried.events(checkout, "payment_intent.processing")[0])
    unhurried.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")
    returned = unhurried.events(checkout, "payment_intent.payment_failed")[-1]
    ended = unhurried.events(checkout, "checkout.session.async_payment_failed")[0]
    reason = returned["data"]["object"]["last_payment_error"]["code"]

    for event in [returned, ended] if reason_first else [ended, returned]:
        unhurried.deliver_event(event)

    assert reason != "async_payment_failed"
    assert status_of(unhurried) == ("failed", reason)
