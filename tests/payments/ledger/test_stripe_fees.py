"""What Stripe keeps of a payment: heard of, asked for, and never given up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import text

from app.extensions import db, now
from app.payments.ledger import stripe_fees
from app.payments.models import Payment
from tests.payments.scenarios import DEBIT
from tests.people import Person
from tests.queues import queued
from tests.shop import Shop


def make_due() -> None:
    db.session.execute(text("UPDATE payment SET fee_due_at = now() - interval '1 second'"))
    db.session.commit()


def payment_of(shop: Shop, checkout: dict[str, Any]) -> Payment:
    (payment,) = [row for row in shop.rows(Payment) if str(row.id) == checkout["payment_id"]]
    return payment


def test_once_stripe_has_settled_a_payment_its_fee_is_looked_up(
    shop: Shop, client: Person, coach: Person, broker: Redis
) -> None:
    _, checkout = shop.pays_for(client, coach)

    shop.deliver_event(shop.settlement(checkout))

    assert "payments.look_up_fee" in [job["headers"]["task"] for job in queued(broker, "events")]
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))
    payment = payment_of(shop, checkout)
    at_stripe = shop.at_stripe(f"/v1/balance_transactions/{payment.stripe_balance_transaction_id}")
    assert (payment.fee_minor, payment.net_minor) == (at_stripe["fee"], at_stripe["net"])
    assert payment.fee_minor
    assert payment.fee_minor + (payment.net_minor or 0) == 7500
    assert payment.fee_currency == "EUR"


def test_of_a_debit_the_receipt_is_learnt_with_the_fee(
    unhurried: Shop, client: Person, coach: Person
) -> None:
    """The last word of its charge comes before the bank's."""
    checkout = client.checks_out(client.books(coach))
    unhurried.sandbox.debits(checkout, DEBIT)
    unhurried.deliver_event(unhurried.settlement(checkout))
    unhurried.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="succeeded")
    unhurried.deliver_event(unhurried.events(checkout, "payment_intent.succeeded")[0])
    make_due()

    unhurried.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert "/receipts/" in client.payment(checkout)["receipt_url"]


def test_told_before_the_payment_the_fee_is_known_all_the_same(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    completed = shop.paid(checkout)

    shop.settles(checkout)
    shop.deliver_event(completed)

    payment = payment_of(shop, checkout)
    assert payment.fee_minor
    assert payment.fee_due_at is None


def test_a_fee_that_is_known_is_not_asked_for_again(
    shop: Shop, client: Person, coach: Person, broker: Redis
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    broker.delete("events")

    shop.deliver_event(shop.settlement(checkout), description="changed")

    assert queued(broker, "events") == []
    assert payment_of(shop, checkout).fee_due_at is None


@pytest.fixture
def slow(shop: Shop) -> Iterator[Shop]:
    """At this Stripe a payment is not settled by itself."""
    shop.sandbox.control("/pace", settle_after=None)
    yield shop
    shop.sandbox.control("/pace", settle_after=0.5)


def test_asked_too_early_it_is_asked_again(slow: Shop, client: Person, coach: Person) -> None:
    shop = slow
    _, checkout = shop.pays_for(client, coach)
    make_due()
    pause = shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))
    assert pause
    assert abs((payment_of(shop, checkout).fee_due_at or now()) - now() - pause) < timedelta(seconds=1)

    shop.settlement(checkout)
    make_due()
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert payment_of(shop, checkout).fee_minor


def test_when_stripe_s_word_is_lost_the_sweep_finds_the_payment(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    assert shop.work(stripe_fees.DUE.ids, 10) == []  # Stripe's own word is given a minute

    make_due()

    assert shop.work(stripe_fees.DUE.ids, 10) == [UUID(checkout["payment_id"])]


def test_two_workers_ask_once(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    make_due()

    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert payment_of(shop, checkout).fee_attempts == 1


def test_it_is_never_given_up_but_asked_for_daily_and_nobody_is_woken(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.sandbox.control("/faults", path="/v1/payment_intents/*", status=429, times=1000)
    pauses = []

    for _ in range(stripe_fees.RETRIES.max_attempts + 1):
        make_due()
        pauses.append(shop.work(stripe_fees.look_up, UUID(checkout["payment_id"])))

    assert pauses[0] < timedelta(seconds=3)
    assert timedelta(minutes=10) < pauses[-3] < timedelta(hours=1)
    assert pauses[-2:] == [timedelta(days=1)] * 2
    assert shop.ops_mails() == []


def test_the_sweep_reads_an_index(shop: Shop) -> None:
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    query = "EXPLAIN SELECT id FROM payment WHERE fee_due_at <= now() ORDER BY fee_due_at LIMIT 500"

    assert "ix_payment_fee_due" in "\n".join(db.session.scalars(text(query)))
