"""Refunds that Stripe refuses: for good, for now, or as some of the money went back another way."""

import pytest
from sqlalchemy import text

from app.extensions import db, now
from app.payments.models import Refund
from app.payments.stripe import refunds as at_stripe_refunds
from tests.payments.refunds.refund_attempts import amounts, ask, at_stripe, refuse
from tests.payments.refunds.requested_refunds import requested
from tests.people import Person
from tests.shop import Shop


@pytest.mark.parametrize("by_coach", [False, True], ids=["client", "coach"])
def test_what_went_back_in_the_dashboard_is_taken_off_a_refund_and_the_rest_is_sent(
    shop: Shop, client: Person, coach: Person, by_coach: bool
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 2500)  # its event is late
    canceller = coach if by_coach else client
    assert canceller.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    (refund,) = shop.rows(Refund)

    ask(shop, refund.id, times=2)

    assert amounts(shop) == [("cancelled", "succeeded", 5000), ("dashboard", "succeeded", 2500)]
    assert at_stripe(shop, checkout) == 7500
    assert client.payment(checkout)["status"] == "refunded"
    told = sorted(mail.subject for mail in shop.mails("refund_issued"))
    assert told == ["Refund of 25.00 EUR issued", "Refund of 50.00 EUR issued"]
    assert shop.mails("refund_failed") == []
    assert shop.ops_mails() == []


def test_the_late_event_of_the_dashboard_s_refund_changes_nothing_more(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    late = shop.refunds_by_hand(checkout, 2500)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    ask(shop, refund.id, times=2)

    for event in late:
        shop.deliver_event(event)

    assert amounts(shop) == [("cancelled", "succeeded", 5000), ("dashboard", "succeeded", 2500)]
    assert len(shop.mails("refund_issued")) == 2


def test_two_refunds_in_the_dashboard_that_leave_nothing_end_ours(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    for amount in (2500, 5000):
        shop.refunds_by_hand(checkout, amount)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)

    ask(shop, refund.id, times=2)

    assert amounts(shop) == [
        ("cancelled", "failed", 7500),
        ("dashboard", "succeeded", 2500),
        ("dashboard", "succeeded", 5000),
    ]
    assert at_stripe(shop, checkout) == 7500
    assert shop.mails("refund_failed") == []
    assert shop.ops_mails() == []


def test_a_smaller_refund_that_fits_is_sent_as_it_is(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 2500)
    refund_id = requested(shop, checkout, 4000)

    ask(shop, refund_id)

    assert at_stripe(shop, checkout) == 6500


def test_a_refund_whose_rest_is_known_while_stripe_is_away_waits(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 2500)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    shop.sandbox.control("/faults", path="/v1/refunds", method="GET", status=503, times=3)

    ask(shop, refund.id)
    assert amounts(shop) == [("cancelled", "pending", 7500)]

    ask(shop, refund.id, times=3)
    assert amounts(shop) == [("cancelled", "succeeded", 5000), ("dashboard", "succeeded", 2500)]


def test_a_refund_waits_for_balance_however_long_and_the_operator_is_told_once(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout)
    refuse(shop, "insufficient_balance", times=20)

    ask(shop, refund_id, times=20)

    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.attempts) == ("pending", 20)
    assert refund.due_at > now()
    assert "Insufficient funds in your Stripe balance" in (refund.last_error or "")
    assert shop.mails("refund_failed") == []
    told = shop.ops_mails()
    assert sum("waits for balance" in each for each in told) == 1
    assert "Top up the balance" in shop.mails("needs_attention")[0].text_body

    ask(shop, refund_id)

    assert at_stripe(shop, checkout) == 7500
    assert client.payment(checkout)["status"] == "refunded"


@pytest.mark.parametrize("refusal", ["insufficient_balance", "charge_disputed"])
def test_a_refund_that_waits_is_made_once_when_stripe_takes_it(
    shop: Shop, client: Person, coach: Person, refusal: str
) -> None:
    """Stripe stores a refusal under its idempotency key: each later attempt has another."""
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    refuse(shop, refusal)

    ask(shop, refund_id, times=3)

    assert at_stripe(shop, checkout) == 2500
    assert amounts(shop) == [("by_hand", "succeeded", 2500)]


def test_what_went_back_in_a_way_that_we_cannot_read_leaves_the_refund_waiting(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again, and the operator hears that it is late; it is not lost in a job that fails."""
    booking, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, 2500)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    real = at_stripe_refunds.of_payment
    monkeypatch.setattr(
        at_stripe_refunds,
        "of_payment",
        lambda intent: [{**each, "status": "halfway"} for each in real(intent)],
    )

    ask(shop, refund.id, times=12)

    assert amounts(shop) == [("cancelled", "pending", 7500)]
    assert len(shop.ops_mails()) == 1
    monkeypatch.undo()
    ask(shop, refund.id, times=2)
    assert amounts(shop) == [("cancelled", "succeeded", 5000), ("dashboard", "succeeded", 2500)]


def test_a_charge_that_is_too_old_is_refused_for_good(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout)
    refuse(shop, "too_old")

    ask(shop, refund_id, times=2)

    assert amounts(shop) == [("by_hand", "failed", 7500)]
    assert at_stripe(shop, checkout) == 0
    assert len(shop.mails("refund_failed")) == 1
    assert len(shop.ops_mails()) == 1


def test_a_worker_killed_after_the_call_repeats_nothing_under_a_key_that_stripe_dropped(
    shop: Shop, client: Person, coach: Person
) -> None:
    """The refund is found at Stripe, though its key is forgotten after a day."""
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    ask(shop, refund_id)
    db.session.execute(
        text("UPDATE refund SET status = 'pending', stripe_refund_id = NULL, stripe_failures = 7")
    )
    db.session.commit()

    ask(shop, refund_id)

    assert at_stripe(shop, checkout) == 2500
