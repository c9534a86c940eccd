"""The later of the events that pay a payment: it is compared all the same, though nothing is locked."""

from typing import Any

import pytest

from app.payments.events.status import EventStatus
from tests.people import Person
from tests.shop import Shop, changed


def test_an_event_of_a_paid_payment_is_ignored(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")

    shop.deliver_event(succeeded)

    row = shop.event(succeeded)
    assert (row.status, row.reason) == (EventStatus.IGNORED, "the payment is succeeded already")


@pytest.mark.parametrize(
    "said",
    [
        {"amount_received": 7499},
        {"amount_received": None},
        {"currency": "usd"},
        {"livemode": True},
        {"id": "pi_of_another_payment"},
    ],
    ids=str,
)
def test_an_event_that_does_not_fit_a_paid_payment_is_reported(
    shop: Shop, client: Person, coach: Person, said: dict[str, Any]
) -> None:
    _, checkout = shop.pays_for(client, coach)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")
    event = changed(succeeded, **said)

    shop.deliver_event(event)

    row = shop.event(event)
    assert row.status is EventStatus.FAILED
    assert "Mismatch" in (row.last_error or "")
    assert client.payment(checkout)["status"] == "succeeded"
    (mail,) = shop.ops_mails()
    assert event["id"] in mail


def test_a_session_that_does_not_fit_a_paid_payment_is_reported(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    completed = shop.paid(checkout)
    shop.deliver_event(completed)
    event = changed(completed, id="cs_of_another_order")

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.FAILED
