"""A bank that asks a payment back, and what the operator hears of it."""

from typing import Any

import pytest

from app.emails import delivery
from app.emails.models import Email
from app.payments.models import Dispute, Payment, Refund
from app.payments.refunds import submission
from tests.people import Person
from tests.shop import Event, Shop
from tests.waiting import wait_until

OPS = "ops@culturebridge.example"


CARD_DISPUTED, CARD_INQUIRED = "4000000000000259", "4000000000001976"


def disputed(shop: Shop, client: Person, checkout: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The bank disputes a payment, or inquires; Stripe's dispute, of which we were not told yet."""
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    dispute: dict[str, Any] = shop.sandbox.control(f"/payments/{intent}/dispute", **how)
    return dispute


def comes(shop: Shop, checkout: dict[str, Any]) -> None:
    """The dispute of a card that brings one is there, and all that Stripe first says of it."""
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    wait_until(lambda: shop.at_stripe(f"/v1/disputes?payment_intent={intent}")["data"])


def answered(shop: Shop, dispute: dict[str, Any]) -> None:
    """The operator submits evidence on Stripe's page; we were not told yet."""
    answer = shop.sandbox.http.post(
        f"{shop.sandbox.stripe_url}/v1/disputes/{dispute['id']}",
        data={"evidence[uncategorized_text]": "They were there.", "submit": "true"},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    assert answer.is_success, answer.text


def decided(shop: Shop, dispute: dict[str, Any], verdict: str) -> None:
    """The bank decides; we were not told yet."""
    shop.sandbox.control(f"/disputes/{dispute['id']}/close", verdict=verdict)


def word_of(shop: Shop, checkout: dict[str, Any], kind: str = "") -> list[Event]:
    """What Stripe has to say of a payment's dispute, the oldest first."""
    return shop.events(checkout, f"charge.dispute.{kind}")


def hears(shop: Shop, checkout: dict[str, Any], kind: str = "") -> Dispute:
    """We are told of a payment's dispute; its row."""
    for event in word_of(shop, checkout, kind):
        shop.deliver_event(event)
    (dispute,) = shop.rows(Dispute)
    return dispute


def mails(shop: Shop, kind: str = "dispute_") -> list[Email]:
    """What the operator was mailed about disputes."""
    told = [mail for mail in shop.rows(Email) if mail.recipient == OPS and mail.kind.startswith(kind)]
    return sorted(told, key=lambda mail: mail.created_at)


def subjects(shop: Shop) -> list[str]:
    return [mail.subject.partition(":")[0] for mail in mails(shop)]


def issue_all(shop: Shop) -> None:
    """Every refund's job runs, due or not."""
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)


def kept(shop: Shop) -> int:
    (payment,) = shop.rows(Payment)
    return payment.kept.amount


def cancelled(shop: Shop, booking: dict[str, Any], by: Person) -> Refund:
    """The session is called off; the refund that is owed for it."""
    assert by.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    (refund,) = shop.rows(Refund)
    return refund


def cancelled_while_disputed(
    shop: Shop, client: Person, coach: Person, **how: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A paid session that its coach cancels while the bank holds the money: its checkout, and the dispute."""
    booking, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout, **how)
    hears(shop, checkout)
    cancelled(shop, booking, coach)
    return checkout, dispute


@pytest.fixture
def story(shop: Shop, client: Person, coach: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """A booking that is paid, its mails sent, and disputed; and its checkout."""
    booking, checkout = shop.pays_for(client, coach)
    for mail in shop.rows(Email):
        shop.work(delivery.deliver, mail.id)
    disputed(shop, client, checkout)
    hears(shop, checkout)
    return booking, checkout


Story = tuple[dict[str, Any], dict[str, Any]]


def row(shop: Shop) -> Dispute:
    (dispute,) = shop.rows(Dispute)
    return dispute


def at_stripe(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = shop.at_stripe(f"/v1/disputes/{row(shop).stripe_dispute_id}")
    return found
