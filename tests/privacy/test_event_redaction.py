"""Stripe's events lose what is personal in them, and are applied as before."""

import json
from typing import Any

from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db
from app.payments import operator_actions
from app.payments.events import redaction
from app.payments.events.models import StripeEvent
from app.payments.ledger.posting import Entry
from app.payments.models import Dispute
from app.payments.webhook import inbox
from app.privacy import retention
from tests.payments.disputes.opened_disputes import decided, disputed
from tests.people import DECLINED, Person, next_week
from tests.privacy.personal_data import erase, tables_with
from tests.shop import Event, Shop

PERSONAL = ("Pat Payer", "payer@example.com", "75001", '"last4"', '"fingerprint"', "example.com/cancelled")


def aged(days: int) -> None:
    db.session.execute(text(f"UPDATE stripe_event SET received_at = now() - interval '{days} days'"))
    db.session.commit()


def without(event: Event) -> Event:
    trimmed: Event = json.loads(redaction.redacted(json.dumps(event)))
    return trimmed


def all_that_happens(shop: Shop, client: Person, coach: Person, hour: int, trims: bool) -> dict[str, Any]:
    """A payment is declined, made, settled, refunded in part and disputed: what is known of it then."""
    checkout = client.checks_out(client.books(coach, next_week(hour)))
    assert shop.sandbox.pays(checkout, DECLINED).status_code == 200
    shop.paid(checkout)
    shop.settlement(checkout)
    shop.refunds_by_hand(checkout, 1500)
    decided(shop, disputed(shop, client, checkout), "lost")
    for event in shop.events(checkout):
        shop.deliver_event(without(event) if trims else event)
    known = client.payment(checkout)
    entries = [entry for entry in shop.rows(Entry) if str(entry.payment_id) == known["id"]]
    disputes = [each for each in shop.rows(Dispute) if str(each.payment_id) == known["id"]]
    named = ("status", "amount_refunded", "failure", "amount_minor", "currency")
    return {
        "payment": [known[name] for name in named],
        "is known": [known[name] is not None for name in ("receipt_url", "stripe_payment_intent_id")],
        "refunds": [(each["amount"], each["status"], each["cause"]) for each in known["refunds"]],
        "books": sorted((entry.kind.value, entry.amount_minor) for entry in entries),
        "disputes": [(each.status.value, each.withdrawn_minor, each.fee_minor) for each in disputes],
    }


def test_what_is_left_of_an_event_does_what_all_of_it_does(shop: Shop, client: Person, coach: Person) -> None:
    whole = all_that_happens(shop, client, coach, 9, trims=False)
    trimmed = all_that_happens(shop, client, coach, 14, trims=True)

    assert trimmed == whole
    assert whole["disputes"][0][0] == "lost"


def test_an_old_event_names_nobody_and_can_be_applied_again(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    (event,) = shop.rows(StripeEvent)
    assert tables_with("Pat Payer") == {"stripe_event"}
    aged(29)
    assert shop.work(retention.redact_events) == 0

    aged(31)
    assert shop.work(retention.redact_events) == 1

    for mark in (*PERSONAL, client.email):
        assert mark not in shop.rows(StripeEvent)[0].payload
    shop.work(operator_actions.replay, event.id, "looked at")
    shop.work(inbox.process, shop.work(inbox.claim, event.id))
    assert shop.rows(StripeEvent)[0].reason == "the payment is succeeded already"
    assert client.booking(booking)["status"] == "confirmed"
    assert client.payment(checkout)["status"] == "succeeded"


def test_events_are_trimmed_once_and_in_portions(shop: Shop, monkeypatch: Any) -> None:
    for number in range(3):
        shop.deliver_event(
            {"id": f"evt_{number}", "type": "odd.thing", "data": {"object": {"name": "Pat Payer"}}}
        )
    aged(31)
    monkeypatch.setattr(retention, "MOST", 2)

    assert [shop.work(retention.redact_events) for _ in range(3)] == [2, 1, 0]
    assert {row.payload for row in shop.rows(StripeEvent)} != set()
    assert tables_with("Pat Payer") == set()


def test_the_sweep_reads_only_what_is_left_to_trim(shop: Shop) -> None:
    db.session.execute(
        text(
            "INSERT INTO stripe_event (id, type, livemode, payload, status, attempts, due_at, received_at,"
            " request_id, trimmed_at) SELECT 'evt_' || n, 'odd.thing', false, '{}', 'processed', 1, now(),"
            " now() - interval '60 days', '-', now() FROM generate_series(1, 5000) AS n"
        )
    )
    db.session.execute(text("ANALYZE stripe_event"))
    plan = db.session.scalars(
        text(
            "EXPLAIN SELECT id, payload FROM stripe_event WHERE trimmed_at IS NULL"
            " AND received_at < now() - interval '30 days' ORDER BY received_at LIMIT 2000"
            " FOR UPDATE SKIP LOCKED"
        )
    )
    assert "ix_stripe_event_untrimmed" in "\n".join(plan)


def test_of_a_coach_s_account_at_stripe_nothing_personal_is_kept(shop: Shop) -> None:
    individual = {"first_name": "Corin", "last_name": "Vasey", "dob": {"day": 1, "month": 2, "year": 1970}}
    account = {"id": "acct_1", "object": "account", "email": "vasey@example.com", "individual": individual}
    shop.deliver_event(
        {"id": "evt_1", "type": "account.updated", "account": "acct_1", "data": {"object": account}}
    )

    (row,) = shop.rows(StripeEvent)
    assert json.loads(row.payload)["data"]["object"] == {"id": "acct_1", "object": "account"}


def test_the_evidence_of_a_dispute_goes_some_time_after_it_was_decided(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "won")
    for event in shop.events(checkout, "charge.dispute."):
        shop.deliver_event(event)
    (dispute,) = shop.rows(Dispute)
    assert client.email in dispute.evidence
    assert shop.work(retention.delete_evidence) == 0

    db.session.execute(text("UPDATE dispute SET decided_at = now() - interval '31 days'"))
    db.session.commit()
    assert [shop.work(retention.delete_evidence) for _ in range(2)] == [1, 0]
    db.session.execute(text("UPDATE email SET status = 'sent' WHERE kind LIKE 'dispute_%'"))
    shop.work(retention.redact_emails)

    assert shop.rows(Dispute)[0].evidence == ""
    assert {mail.text_body for mail in shop.rows(Email) if mail.kind.startswith("dispute_")} == {""}


def test_an_event_that_cannot_be_applied_names_nobody_who_left(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)
    erase(client)

    shop.deliver_event(completed, amount_total=1)

    (row,) = shop.rows(StripeEvent)
    assert (row.status, "Pat Payer" in row.payload) == ("failed", False)
