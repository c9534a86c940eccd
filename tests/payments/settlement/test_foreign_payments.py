"""Events of payments and types that are not ours are recorded and left alone."""

from uuid import uuid4

from app.payments.events.status import EventStatus
from tests.people import Person
from tests.shop import Shop, changed


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

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.IGNORED
    assert shop.event(event).reason == "no payment of ours"


def test_a_payment_that_we_do_not_know_is_left_alone(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    event = changed(
        shop.paid(checkout), id="cs_1", payment_intent=None, metadata={"payment_id": str(uuid4())}
    )

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.IGNORED


def test_a_type_that_nothing_depends_on_is_recorded_and_ignored(shop: Shop) -> None:
    event = {"id": "evt_customer", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}

    assert shop.deliver_event(event) is None

    row = shop.event(event)
    assert (row.status, row.attempts) == (EventStatus.IGNORED, 1)
    assert row.reason
