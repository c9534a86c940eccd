"""Refunds wait while a bank holds the money, and end as its verdict says."""

import pytest

from app.emails.models import Email
from app.monitoring import backlog
from app.payments.models import Refund
from app.payments.refunds import refunds, submission
from app.payments.status import DisputeStatus, RefundStatus
from tests.payments.disputes.opened_disputes import (
    cancelled,
    cancelled_while_disputed,
    decided,
    disputed,
    hears,
    issue_all,
    kept,
    mails,
)
from tests.people import Person
from tests.shop import Shop


def test_while_a_dispute_holds_the_money_stripe_is_not_asked_to_refund(
    shop: Shop, client: Person, coach: Person
) -> None:
    cancelled_while_disputed(shop, client, coach)

    issue_all(shop)

    assert submission.DUE.ids(10) == []
    assert backlog.backlogs()["refund"].waiting == 0
    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.attempts) == (RefundStatus.PENDING, 0)


def test_a_client_whose_bank_holds_the_money_is_promised_none(
    shop: Shop, client: Person, coach: Person
) -> None:
    cancelled_while_disputed(shop, client, coach)

    (mail,) = [
        each
        for each in shop.rows(Email)
        if each.kind == "booking_cancelled" and each.recipient == client.email
    ]
    for body in (mail.text_body, mail.html_body):
        assert "Your bank holds this payment" in body
        assert "will be refunded" not in body


def test_a_refund_that_waited_is_issued_when_the_dispute_is_won(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout, dispute = cancelled_while_disputed(shop, client, coach)
    decided(shop, dispute, "won")

    hears(shop, checkout)
    assert "Issued now" in mails(shop, "dispute_decided")[0].text_body
    assert submission.DUE.ids(10) == [refund.id for refund in shop.rows(Refund)]
    issue_all(shop)

    payment = client.payment(checkout)
    assert (payment["status"], payment["refunds"][0]["status"]) == ("refunded", "succeeded")
    assert kept(shop) == 0


def test_a_refund_that_waited_is_called_off_when_the_dispute_is_lost(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout, dispute = cancelled_while_disputed(shop, client, coach)
    decided(shop, dispute, "lost")

    hears(shop, checkout)
    issue_all(shop)

    (refund,) = client.payment(checkout)["refunds"]
    assert (refund["status"], refund["failure_reason"]) == (
        "canceled",
        "the client has this money by a dispute",
    )
    assert "the refund of 75.00 EUR" in mails(shop, "dispute_decided")[0].text_body
    assert kept(shop) == 0
    with pytest.raises(AssertionError):
        shop.events(checkout, "refund.created")


def test_of_a_payment_that_was_lost_in_part_the_rest_is_refunded(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout, dispute = cancelled_while_disputed(shop, client, coach, amount=3000)
    decided(shop, dispute, "lost")

    hears(shop, checkout)
    issue_all(shop)

    payment = client.payment(checkout)
    ended = sorted((refund["status"], refund["amount_minor"]) for refund in payment["refunds"])
    assert ended == [("canceled", 7500), ("succeeded", 4500)]
    assert kept(shop) == 0


def test_a_booking_cancelled_after_its_dispute_was_lost_returns_nothing_twice(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)

    assert coach.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200

    assert shop.rows(Refund) == []
    assert kept(shop) == 0


def test_a_coach_cannot_refund_what_a_dispute_gave_back(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)

    answer = coach.post(f"/payment/{checkout['payment_id']}/refund", json={"reason": "sorry"})

    assert answer.status_code == 409


def test_an_inquiry_can_be_settled_by_a_refund(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout, inquiry=True)
    hears(shop, checkout)

    cancelled(shop, booking, coach)
    issue_all(shop)
    dispute = hears(shop, checkout)

    assert client.payment(checkout)["status"] == "refunded"
    assert dispute.status is DisputeStatus.WARNING_CLOSED
    assert kept(shop) == 0


def test_a_refund_that_stripe_refuses_before_we_hear_of_the_dispute_waits_for_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    refund = cancelled(shop, booking, coach)

    assert shop.work(submission.issue, refund.id)
    (refund,) = shop.rows(Refund)
    assert refund.status is RefundStatus.PENDING

    decided(shop, dispute, "won")
    hears(shop, checkout)
    issue_all(shop)
    assert client.payment(checkout)["refunds"][0]["status"] == "succeeded"


def test_a_refund_that_stripe_made_although_we_called_it_off_is_believed(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    refund = cancelled(shop, booking, coach)
    shop.sandbox.control("/faults", path="/v1/refunds", close_connection=True, after_work=True, times=3)
    shop.work(submission.issue, refund.id)

    def call_off() -> None:
        refunds.call_off(shop.rows(Refund)[0], "a dispute was lost meanwhile")

    shop.work(call_off)
    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    assert client.payment(checkout)["status"] == "refunded"
