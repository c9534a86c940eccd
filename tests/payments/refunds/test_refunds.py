"""Money that goes back: ours, and what is done in Stripe's dashboard."""

from datetime import timedelta
from typing import Any

import pytest

from app.extensions import now
from app.payments.models import Refund
from app.payments.refunds import submission
from app.payments.status import RefundStatus
from app.payments.webhook import inbox
from tests.payments.refunds.requested_refunds import make_due, of_dashboard, requested
from tests.people import DECLINED, Checkout, Person
from tests.shop import Event, Shop


def test_a_refund_is_asked_for_once_and_shown(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout)

    for _ in range(2):
        assert shop.work(submission.issue, refund_id) is None

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", 75.0)
    (refund,) = payment["refunds"]
    assert (refund["status"], refund["amount"]) == ("succeeded", 75.0)
    assert refund["stripe_refund_id"].startswith("re_")


def test_stripe_s_word_of_our_own_refund_makes_no_second_one(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.work(submission.issue, requested(shop, checkout, 2500))

    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded_minor"]) == ("partially_refunded", 2500)
    assert len(payment["refunds"]) == 1


def test_a_refund_of_the_dashboard_gets_its_row(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)

    for event in of_dashboard(shop, checkout, client, amount=3000):
        shop.deliver_event(event)

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("partially_refunded", 30.0)
    (refund,) = payment["refunds"]
    assert (refund["status"], refund["reason"]) == ("succeeded", "made in Stripe's dashboard")
    assert client.booking(booking)["status"] == "confirmed"


def test_parts_add_up_to_the_whole(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)

    for amount in (3000, 4500):
        for event in of_dashboard(shop, checkout, client, amount=amount):
            shop.deliver_event(event)

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", 75.0)
    assert [refund["amount_minor"] for refund in payment["refunds"]] == [3000, 4500]


def test_a_refund_that_fails_later_is_taken_back_and_told(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.work(submission.issue, requested(shop, checkout))
    (row,) = shop.rows(Refund)
    shop.sandbox.control(f"/refunds/{row.stripe_refund_id}/status", status="failed")

    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("succeeded", 0.0)
    assert payment["refunds"][0]["status"] == "failed"
    (mail,) = shop.ops_mails()
    assert "75.00 EUR" in mail


def test_a_failed_refund_stays_failed_whatever_arrives_late(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.work(submission.issue, requested(shop, checkout))
    (row,) = shop.rows(Refund)
    shop.sandbox.control(f"/refunds/{row.stripe_refund_id}/status", status="failed")

    for event in reversed(shop.events(checkout, "refund.")):
        shop.deliver_event(event)

    assert client.payment(checkout)["refunds"][0]["status"] == "failed"
    assert client.payment(checkout)["status"] == "succeeded"


def test_while_stripe_is_away_the_refund_waits_and_is_then_made(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout)
    shop.sandbox.control("/faults", path="/v1/refunds", close_connection=True, times=3)

    pause = shop.work(submission.issue, refund_id)

    (row,) = shop.rows(Refund)
    assert pause is not None
    assert abs(row.due_at - now() - pause) < timedelta(seconds=1)
    assert (row.status, row.attempts) == (RefundStatus.PENDING, 1)
    assert "Stripe" in (row.last_error or "")
    assert client.payment(checkout)["status"] == "succeeded"

    make_due()
    shop.work(submission.issue, refund_id)

    assert client.payment(checkout)["status"] == "refunded"
    assert shop.rows(Refund)[0].attempts == 2


def test_an_answer_that_was_lost_makes_no_second_refund(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", path="/v1/refunds", close_connection=True, after_work=True)

    shop.work(submission.issue, refund_id)

    assert client.payment(checkout)["amount_refunded_minor"] == 2500
    assert len(shop.events(checkout, "charge.refunded")) == 1


def test_a_refund_that_stripe_made_while_it_broke_is_found_and_not_made_again(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", status=500, after_work=True)

    assert shop.work(submission.issue, refund_id)
    make_due()
    shop.work(submission.issue, refund_id)

    payment = client.payment(checkout)
    assert payment["amount_refunded"] == 25.0
    assert (
        len(shop.at_stripe(f"/v1/refunds?payment_intent={payment['stripe_payment_intent_id']}")["data"]) == 1
    )


def test_a_refund_that_stripe_broke_before_making_is_made_by_the_next_try(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", status=500)

    assert shop.work(submission.issue, refund_id)
    make_due()
    shop.work(submission.issue, refund_id)

    assert client.payment(checkout)["amount_refunded"] == 25.0


def test_a_refund_told_before_its_payment_is_applied_once_the_payment_is_known(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    completed = shop.paid(checkout)
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    shop.sandbox.control(f"/payments/{intent}/refund")
    told = shop.events(checkout, "refund.")
    for event in told:
        shop.deliver_event(event)

    shop.deliver_event(completed)
    for event in told:
        shop.work(inbox.process, shop.work(inbox.claim, event["id"]))

    assert client.payment(checkout)["status"] == "refunded"


def refunded_in_full(shop: Shop, client: Person, booking: dict[str, Any]) -> tuple[Checkout, list[Event]]:
    """Paid by a second card and refunded in the dashboard, both of which we missed; events of the refund."""
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)
    for event in shop.events(checkout, "payment_intent.payment_failed"):
        shop.deliver_event(event)
    shop.sandbox.pays(checkout)
    shop.sandbox.control(f"/payments/{client.payment(checkout)['stripe_payment_intent_id']}/refund")
    return checkout, shop.events(checkout, "refund.")


@pytest.mark.parametrize("refund_first", [True, False], ids=["refund first", "payment first"])
def test_a_refund_calls_no_session_off_whether_it_or_its_payment_is_told_first(
    shop: Shop, client: Person, coach: Person, refund_first: bool
) -> None:
    booking = client.books(coach)
    checkout, refunds_told = refunded_in_full(shop, client, booking)
    paid = shop.events(checkout, "payment_intent.succeeded")

    for event in [*refunds_told, *paid] if refund_first else [*paid, *refunds_told]:
        shop.deliver_event(event)

    assert client.payment(checkout)["status"] == "refunded"
    assert client.booking(booking)["status"] == "confirmed"
    assert len(shop.mails("booking_confirmed")) == 2
    assert len(shop.mails("refund_issued")) == 1


def test_a_refund_told_first_that_fails_leaves_no_payment_without_its_session(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout, refunds_told = refunded_in_full(shop, client, booking)
    for event in [*refunds_told, *shop.events(checkout, "payment_intent.succeeded")]:
        shop.deliver_event(event)
    (refund,) = shop.rows(Refund)

    shop.sandbox.control(f"/refunds/{refund.stripe_refund_id}/status", status="failed")
    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    assert client.payment(checkout)["status"] == "succeeded"
    assert client.booking(booking)["status"] == "confirmed"


def test_what_came_too_late_and_went_back_before_is_told_by_its_amount(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout, refunds_told = refunded_in_full(shop, client, booking)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    for event in [*refunds_told, *shop.events(checkout, "payment_intent.succeeded")]:
        shop.deliver_event(event)

    (mail,) = shop.mails("payment_returned")
    assert mail.subject == "Your payment of 75.00 EUR is on its way back"
    assert [refund.status for refund in shop.rows(Refund)] == [RefundStatus.SUCCEEDED]
    assert client.booking(booking)["status"] == "cancelled"


def test_a_refund_of_a_charge_without_an_intent_is_nobody_s(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.checks_out(client.books(coach))
    _, paid = shop.pays_for(
        Person.registered(client.http, "client"), coach.registered(client.http, "coach").open_for_business()
    )
    requested(shop, paid)
    shop.work(submission.issue, shop.rows(Refund)[0].id)
    (told, *_) = shop.events(paid, "refund.created")

    shop.deliver_event(told, id="re_of_somebody_else", payment_intent=None, metadata={}, amount=4000)

    assert [refund.stripe_refund_id for refund in shop.rows(Refund)] != ["re_of_somebody_else"]
    assert len(shop.rows(Refund)) == 1
