"""`charge.refunded` names no refund: it is the sign of one whose own events were lost or come later."""

from itertools import permutations
from uuid import UUID

import pytest
from redis import Redis

from app.extensions import now
from app.payments.events.status import EventStatus
from app.payments.models import Payment, Refund
from app.payments.refunds import charge_refunds
from app.payments.refunds import events as refund_events
from app.payments.status import RefundStatus
from app.payments.stripe.client import StripeAway
from tests.payments.refunds.refund_attempts import amounts
from tests.people import Checkout, Person
from tests.queues import queued
from tests.shop import Event, Shop, changed


def charge_event(shop: Shop, checkout: Checkout) -> Event:
    """The newest."""
    return shop.events(checkout, "charge.refunded")[-1]


def asked(broker: Redis) -> int:
    """How many jobs wait that ask Stripe for refunds."""
    names = [job["headers"]["task"] for job in queued(broker, "events")]
    return names.count("payments.look_up_refunds")


def looked_up(shop: Shop, checkout: Checkout) -> None:
    shop.work(charge_refunds.look_up, UUID(checkout["payment_id"]))


def test_refunds_whose_own_events_were_lost_are_learned(
    shop: Shop, client: Person, coach: Person, broker: Redis
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 1000)
    shop.refunds_by_hand(checkout, 2500)

    shop.deliver_event(charge_event(shop, checkout))
    assert asked(broker) == 1
    looked_up(shop, checkout)

    assert sorted(refund.amount_minor for refund in shop.rows(Refund)) == [1000, 2500]
    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("partially_refunded", 35)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_in_whatever_order_all_is_told_each_refund_is_one(
    shop: Shop, client: Person, coach: Person, order: tuple[int, ...]
) -> None:
    _, checkout = shop.pays_for(client, coach)
    made = shop.refunds_by_hand(checkout, 1000)[0]
    first = charge_event(shop, checkout)
    shop.refunds_by_hand(checkout)
    steps = [
        lambda: shop.deliver_event(made),
        lambda: shop.deliver_event(first),
        lambda: shop.deliver_event(charge_event(shop, checkout)),
        lambda: looked_up(shop, checkout),
    ]

    for step in order:
        steps[step]()
    looked_up(shop, checkout)

    assert sorted(refund.amount_minor for refund in shop.rows(Refund)) == [1000, 6500]
    assert client.payment(checkout)["status"] == "refunded"
    assert len(shop.mails("refund_issued")) == 2


def test_where_each_refund_is_known_stripe_is_not_asked(
    shop: Shop, client: Person, coach: Person, broker: Redis
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.deliver_event(shop.refunds_by_hand(checkout, 1000)[0])
    event = charge_event(shop, checkout)

    shop.deliver_event(event)

    assert shop.event(event).reason == "each of its refunds is known"
    assert asked(broker) == 0


def test_one_that_comes_before_the_payment_is_known_as_paid_loses_nothing(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)
    shop.refunds_by_hand(checkout)

    shop.deliver_event(charge_event(shop, checkout))
    looked_up(shop, checkout)
    shop.deliver_event(completed)

    assert client.payment(checkout)["status"] == "refunded"


def test_a_stripe_that_is_away_is_asked_again(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 1000)
    shop.sandbox.control("/faults", path="/v1/refunds", status=503, times=10)

    with pytest.raises(StripeAway):
        looked_up(shop, checkout)

    shop.sandbox.behaves()
    looked_up(shop, checkout)
    assert [refund.status for refund in shop.rows(Refund)] == [RefundStatus.SUCCEEDED]


@pytest.mark.parametrize("said", [None, "35", True])
def test_a_sum_that_cannot_be_read_is_told_to_the_operator(
    shop: Shop, client: Person, coach: Person, said: object
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 1000)
    odd = changed(charge_event(shop, checkout), amount_refunded=said)

    shop.deliver_event(odd)

    assert shop.event(odd).status is EventStatus.FAILED
    assert any("amount_refunded" in what for what in shop.ops_mails())


def test_a_charge_of_somebody_else_is_left_alone(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 1000)
    other = changed(charge_event(shop, checkout), id="ch_other", payment_intent="pi_other", metadata={})

    shop.deliver_event(other)

    assert shop.event(other).status is EventStatus.IGNORED
    assert [payment.amount_refunded_minor for payment in shop.rows(Payment)] == [0]


def test_of_two_events_of_one_refund_at_once_one_makes_its_row(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the second waits for the payment's lock, the first one makes the row."""
    _, checkout = shop.pays_for(client, coach)
    (created,) = shop.refunds_by_hand(checkout, 2500)
    updated = changed(created, "refund.updated")
    lock = Payment.locked

    def wait_for_lock(payment_id: UUID) -> Payment | None:
        monkeypatch.setattr(Payment, "locked", lock)
        refund_events.on_event(created["data"]["object"], now())
        return lock(payment_id)

    monkeypatch.setattr(Payment, "locked", wait_for_lock)
    assert shop.deliver_event(updated) is None

    assert (shop.event(updated).status, shop.event(updated).attempts) == ("ignored", 1)
    assert amounts(shop) == [("dashboard", "succeeded", 2500)]
    assert len(shop.mails("refund_issued")) == 1
