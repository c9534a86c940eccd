"""Payments that a bank asks back: what stands in our books, and what the operator hears."""

from app.payments.models import Dispute
from app.payments.status import DisputeStatus
from app.payments.webhook import inbox
from tests.payments.disputes.opened_disputes import (
    CARD_DISPUTED,
    CARD_INQUIRED,
    OPS,
    comes,
    decided,
    disputed,
    hears,
    kept,
    mails,
    subjects,
    word_of,
)
from tests.people import Person
from tests.shop import Shop, become_admin


def test_a_disputed_card_s_payment_is_shown_as_disputed(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.deliver_event(shop.paid(checkout, CARD_DISPUTED))
    comes(shop, checkout)

    hears(shop, checkout)

    for reader in (client, coach):
        (shown,) = reader.payment(checkout)["disputes"]
        assert (shown["status"], shown["amount"], shown["reason"]) == ("needs_response", 75.0, "fraudulent")
        assert shown["due_by"] > shown["opened_at"]
    assert client.payment(checkout)["status"] == "succeeded"
    assert client.booking(booking)["status"] == "confirmed"
    assert kept(shop) == 0


def test_the_operator_hears_at_once_who_what_why_until_when_and_what_to_do(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout, reason="product_not_received")

    dispute = hears(shop, checkout)

    (mail,) = mails(shop)
    assert mail.recipient == OPS
    assert mail.subject.startswith("Payment disputed: 75.00 EUR of Client")
    assert "\n\nWhat to do, one of these:\n\n" in mail.text_body
    due = dispute.due_by
    assert due
    for body in (mail.text_body, mail.html_body):
        assert client.email in body
        assert booking["id"] in body
        assert "the client says that the session did not take place" in body
        assert f"{due.day} {due:%B %Y, %H:%M} UTC" in body
        assert f"flask stripe submit-evidence {dispute.stripe_dispute_id}" in body
        assert f"{shop.sandbox.stripe_url}/disputes" in body


def test_an_inquiry_is_named_as_one_and_takes_no_money(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    shop.deliver_event(shop.paid(checkout, CARD_INQUIRED))
    comes(shop, checkout)

    dispute = hears(shop, checkout)

    assert (dispute.status, dispute.withdrawn_minor) == (DisputeStatus.WARNING_NEEDS_RESPONSE, 0)
    assert kept(shop) == 7500
    (mail,) = mails(shop)
    assert mail.subject.startswith("Inquiry about a payment: 75.00 EUR")
    assert "no money has moved" in mail.text_body


def test_an_inquiry_that_is_closed_leaves_the_money(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout, inquiry=True), "won")

    dispute = hears(shop, checkout)

    assert dispute.status is DisputeStatus.WARNING_CLOSED
    assert subjects(shop) == ["Inquiry about a payment", "Inquiry closed"]
    assert kept(shop) == 7500


def test_an_inquiry_that_becomes_a_dispute_is_told_anew(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    inquiry = disputed(shop, client, checkout, inquiry=True)
    hears(shop, checkout)
    shop.sandbox.control(f"/disputes/{inquiry['id']}/escalate")

    hears(shop, checkout)
    (asked,) = word_of(shop, checkout, "created")
    shop.deliver_event(asked, status="warning_under_review")  # late news

    (dispute,) = shop.rows(Dispute)
    assert dispute.warn_at
    assert (dispute.status, dispute.withdrawn_minor) == (DisputeStatus.NEEDS_RESPONSE, 7500)
    assert subjects(shop) == ["Inquiry about a payment", "Payment disputed"]


def test_a_dispute_that_is_won_brings_the_money_back(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "won")

    dispute = hears(shop, checkout)

    assert (dispute.status, dispute.withdrawn_minor) == (DisputeStatus.WON, 0)
    assert subjects(shop) == ["Payment disputed", "Dispute won"]
    assert kept(shop) == 7500


def test_a_dispute_that_is_lost_stays_in_the_books(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")

    dispute = hears(shop, checkout)

    assert (dispute.status, dispute.withdrawn_minor) == (DisputeStatus.LOST, 7500)
    assert dispute.decided_at
    assert kept(shop) == 0
    payment = client.payment(checkout)
    assert (payment["disputes"][0]["status"], payment["lines"][0]["left_minor"]) == ("lost", 0)
    (_, mail) = mails(shop)
    assert mail.subject.startswith("Dispute lost: 75.00 EUR")
    assert "still to come, and confirmed" in mail.text_body
    assert client.booking(booking)["status"] == "confirmed"


def test_each_verdict_that_reverses_another_is_told_once(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    decided(shop, dispute, "lost")
    hears(shop, checkout)

    for _ in range(4):
        shop.sandbox.control(f"/disputes/{dispute['id']}/overturn")
        for _ in range(2):
            hears(shop, checkout)

    verdicts = ["Dispute lost", "Dispute won", "Dispute lost", "Dispute won", "Dispute lost"]
    assert subjects(shop) == ["Payment disputed", *verdicts]


def test_a_dispute_that_is_lost_in_part_keeps_the_rest(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    (closed,) = word_of(shop, checkout, "closed")
    back = {"amount": 2500, "currency": "eur", "fee": 0}

    shop.deliver_event(closed, balance_transactions=[*closed["data"]["object"]["balance_transactions"], back])

    (dispute,) = shop.rows(Dispute)
    assert (dispute.withdrawn_minor, kept(shop)) == (5000, 2500)
    assert subjects(shop) == ["Payment disputed", "Dispute lost in part"]


def test_what_moves_in_another_currency_counts_as_the_amount(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    (created,) = word_of(shop, checkout, "created")
    taken = {"amount": -8123, "currency": "usd", "fee": 1500}
    back = {"amount": 8050, "currency": "usd", "fee": 0}

    shop.deliver_event(created, balance_transactions=[taken])
    assert kept(shop) == 0

    shop.deliver_event(created, status="won", balance_transactions=[taken, back])
    assert kept(shop) == 7500
    (dispute,) = shop.rows(Dispute)
    assert (dispute.fee_minor, dispute.fee_currency) == (1500, "USD")


def test_a_dispute_of_somebody_else_is_ignored_with_a_reason(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    (created,) = word_of(shop, checkout, "created")
    created["data"]["object"] |= {"payment_intent": "pi_of_somebody_else", "charge": "ch_of_somebody_else"}

    shop.deliver_event(created)

    assert shop.event(created).reason == "no payment of ours"
    assert shop.rows(Dispute) == []
    assert mails(shop) == []


def test_a_dispute_in_another_currency_than_its_payment_is_left_to_the_operator(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    (created,) = word_of(shop, checkout, "created")
    created["data"]["object"]["currency"] = "usd"

    shop.deliver_event(created)

    assert shop.rows(Dispute) == []
    assert len(shop.ops_mails()) == 1


def test_a_dispute_told_before_its_payment_is_applied_once_the_payment_is_known(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)
    disputed(shop, client, checkout)
    events = word_of(shop, checkout)
    for event in events:
        shop.deliver_event(event)
    assert shop.rows(Dispute) == []

    shop.deliver_event(completed)
    for event in events:
        shop.work(inbox.process, shop.work(inbox.claim, event["id"]))

    (dispute,) = shop.rows(Dispute)
    assert (dispute.status, dispute.withdrawn_minor) == (DisputeStatus.NEEDS_RESPONSE, 7500)


def test_an_admin_sees_disputes_like_everybody_whom_they_concern(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    hears(shop, checkout)
    admin = Person.registered(client.http, "client")
    become_admin(admin)

    (shown,) = admin.payment(checkout)["disputes"]

    assert "evidence" not in shown
    assert shown == client.payment(checkout)["disputes"][0]
