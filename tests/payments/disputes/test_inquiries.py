"""Of all that was told of a dispute, what stands."""

from typing import Any

import pytest

from app.payments.models import Dispute, Payment
from tests.payments.disputes.opened_disputes import disputed, mails, subjects, word_of
from tests.people import Person
from tests.shop import Event, Shop, changed


@pytest.fixture
def asked(shop: Shop, client: Person, coach: Person) -> Event:
    """What Stripe says of a bank's inquiry about a payment, still on its way."""
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout, inquiry=True)
    (created,) = word_of(shop, checkout, "created")
    return created


def row(shop: Shop) -> Dispute:
    (dispute,) = shop.rows(Dispute)
    return dispute


def escalated(event: Event, **more: Any) -> Event:
    """The same dispute, a chargeback by now."""
    return changed(
        event, "charge.dispute.updated", status="needs_response", is_charge_refundable=False, **more
    )


@pytest.mark.parametrize("late", [False, True], ids=["in order", "late"])
def test_an_inquiry_that_was_closed_and_becomes_a_dispute_is_decided_no_longer(
    shop: Shop, asked: Event, late: bool
) -> None:
    told = [asked, changed(asked, "charge.dispute.closed", status="warning_closed"), escalated(asked)]
    for event in reversed(told) if late else told:
        shop.deliver_event(event)

    assert (row(shop).status, row(shop).decided_at) == ("needs_response", None)
    assert row(shop).warn_at


@pytest.mark.parametrize("late", [False, True], ids=["in order", "late"])
def test_of_a_dispute_about_less_than_its_inquiry_less_is_taken_in_any_currency(
    shop: Shop, asked: Event, late: bool
) -> None:
    taken = {"amount": -5500, "currency": "usd", "fee": 1500}
    told = [asked, escalated(asked, amount=5000, balance_transactions=[taken])]
    for event in reversed(told) if late else told:
        shop.deliver_event(event)

    assert row(shop).withdrawn_minor == 5000
    (payment,) = shop.rows(Payment)
    assert payment.kept.amount == 2500


def test_of_an_inquiry_that_is_a_dispute_by_now_no_mail_says_that_no_money_has_moved(
    shop: Shop, asked: Event
) -> None:
    for event in (escalated(asked), asked):
        shop.deliver_event(event)

    assert subjects(shop) == ["Payment disputed"]
    assert "no money has moved" not in mails(shop)[0].text_body
