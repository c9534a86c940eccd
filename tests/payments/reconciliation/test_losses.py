"""Each kind of loss: answers, jobs, rows and moments that went missing, found by comparing with Stripe."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.extensions import db, now
from app.payments.models import Payment, Refund
from app.payments.reconciliation.windows import Stage, Window, recent
from app.payments.refunds import submission
from tests.payments.reconciliation.comparisons import compared, differences, later_than_all_of_it, reconciled
from tests.payments.scenarios import DEBIT
from tests.people import DECLINED, Person
from tests.shop import Shop


def sql(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)
    db.session.commit()


def at_stripe(shop: Shop, checkout: dict[str, Any]) -> Any:
    return shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")


def test_a_session_whose_answer_was_lost_is_learned(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    sql("UPDATE payment SET stripe_session_id = NULL, session_url = NULL")

    assert reconciled(silent) == {Stage.SESSIONS: (1, 0)}

    assert client.checks_out(booking)["url"] == checkout["url"]


def test_a_session_whose_answer_was_lost_is_closed_when_nobody_wants_it_any_more(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    sql("UPDATE payment SET stripe_session_id = NULL")
    assert client.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200

    reconciled(silent)

    assert at_stripe(silent, checkout)["status"] == "expired"
    assert client.payment(checkout)["status"] == "expired"


def test_a_page_that_should_have_been_closed_is_closed(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    client.post(f"/booking/{booking['id']}/cancel", json={})  # the job that closes the page is lost

    assert reconciled(silent) == {Stage.SESSIONS: (1, 0)}

    assert at_stripe(silent, checkout)["status"] == "expired"


def test_a_debit_older_than_any_window_comes_to_its_end(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    silent.sandbox.debits(checkout, DEBIT)
    reconciled(silent)
    assert client.payment(checkout)["status"] == "processing"
    sql("UPDATE payment SET created_at = now() - interval '40 days'")
    silent.sandbox.control("/deliveries/rule", mode="lose")
    silent.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="succeeded")
    later = later_than_all_of_it()

    assert compared(silent, later) == {Stage.OPEN_PAYMENTS: (1, 0)}

    assert client.booking(booking)["status"] == "confirmed"


def test_a_decline_in_an_old_list_does_not_outrank_the_debit_that_the_payer_chose_meanwhile(
    silent: Shop, client: Person, coach: Person
) -> None:
    """Stripe's list is on its way while the payer, whose card was declined, goes on with a bank debit."""
    checkout = client.checks_out(client.books(coach))
    silent.sandbox.control("/deliveries/rule", mode="lose")
    silent.sandbox.pays(checkout, DECLINED)
    silent.sandbox.control("/deliveries/rule", mode="drop")
    slow = {"path": "/v1/payment_intents", "method": "GET", "after_work": True, "delay_seconds": 4}
    silent.sandbox.control("/faults", **slow)
    payer = threading.Timer(2, lambda: silent.sandbox.debits(checkout, DEBIT))
    payer.start()
    reconciled(silent)
    payer.join()
    assert client.payment(checkout)["status"] == "failed"

    for event in silent.events(checkout, "payment_intent.processing"):
        silent.deliver_event(event)

    assert client.payment(checkout)["status"] == "processing"


def test_a_refund_older_than_any_window_comes_to_its_end(silent: Shop, client: Person, coach: Person) -> None:
    _, checkout = silent.pays_for(client, coach)
    refund = silent.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=2500)
    reconciled(silent)
    sql("UPDATE refund SET status = 'pending', created_at = now() - interval '40 days'")
    later = later_than_all_of_it()

    assert compared(silent, later) == {Stage.OPEN_REFUNDS: (1, 0)}

    assert [each.stripe_refund_id for each in silent.rows(Refund)] == [refund["id"]]
    assert client.payment(checkout)["amount_refunded"] == 25.0


def test_a_refund_told_in_the_instant_its_payment_became_known_gets_its_row(
    silent: Shop, client: Person, coach: Person
) -> None:
    """The event saw no such intent, and whoever wrote the intent saw no such event: neither had committed."""
    _, checkout = silent.pays_for(client, coach)
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    sql("UPDATE payment SET stripe_payment_intent_id = NULL")
    silent.sandbox.control(f"/payments/{intent}/refund", amount=2500)
    for event in silent.events(checkout, "refund."):
        silent.deliver_event(event)
    sql("UPDATE payment SET stripe_payment_intent_id = :intent", intent=intent)

    assert reconciled(silent)[Stage.REFUNDS] == (1, 0)

    assert client.payment(checkout)["amount_refunded"] == 25.0
    assert differences(silent) == []


def test_a_refund_whose_worker_died_after_stripe_made_it_is_known_to_be_made(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = silent.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (row,) = silent.rows(Refund)
    silent.sandbox.control("/deliveries/rule", mode="lose")
    silent.work(submission.issue, row.id)
    sql("UPDATE refund SET status = 'pending', stripe_refund_id = NULL")
    sql("UPDATE payment SET status = 'succeeded', amount_refunded_minor = 0")

    assert reconciled(silent)[Stage.REFUNDS] == (1, 0)

    assert client.payment(checkout)["status"] == "refunded"
    assert [each["status"] for each in client.payment(checkout)["refunds"]] == ["succeeded"]


def test_an_event_that_stripe_still_tries_to_deliver_is_taken_from_its_list(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))
    an_hour = Window("an hour", now() - timedelta(hours=1), now() + timedelta(seconds=1), [Stage.UNDELIVERED])

    assert compared(silent, an_hour) == {Stage.UNDELIVERED: (2, 0)}

    assert client.booking(booking)["status"] == "confirmed"


def test_a_payment_that_no_list_shows_is_found_once_its_page_has_expired(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))
    overdue = Window(
        "overdue", now() - timedelta(seconds=1), now() + timedelta(seconds=1), [Stage.OVERDUE_PAYMENTS]
    )
    assert compared(silent, overdue) == {}

    sql("UPDATE payment SET session_expires_at = now() - interval '11 minutes'")

    assert compared(silent, overdue) == {Stage.OVERDUE_PAYMENTS: (1, 0)}
    assert client.booking(booking)["status"] == "confirmed"


def test_what_is_young_is_left_to_its_own_event(silent: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    silent.paid(client.checks_out(booking))

    assert compared(silent, recent()) == {}

    assert client.booking(booking)["status"] == "pending"


def test_an_event_recorded_here_and_not_taken_elsewhere_is_left_alone(
    silent: Shop, client: Person, coach: Person
) -> None:
    event = silent.paid(client.checks_out(client.books(coach)))
    silent.deliver_event(event)

    reconciled(silent)

    assert silent.event(event).attempts == 1


def test_a_charge_whose_event_was_lost_gives_its_receipt(silent: Shop, client: Person, coach: Person) -> None:
    _, checkout = silent.pays_for(client, coach)
    silent.sandbox.control("/deliveries/rule", mode="lose")
    silent.sandbox.control(f"/payments/{checkout['session_id']}/settle")
    payment = db.session.get_one(Payment, UUID(checkout["payment_id"]))
    assert payment.stripe_charge_id is None

    reconciled(silent)

    assert client.payment(checkout)["receipt_url"]
