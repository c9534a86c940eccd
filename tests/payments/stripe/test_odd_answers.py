"""What we ask Stripe for is answered with a null, a value of tomorrow, a field left out, or with no object.

What can be read is believed; the rest is as if Stripe had broken: asked for again, and done once.
"""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.checkout import expiry
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.models import Dispute, Payment
from app.payments.payouts import connect as payouts_connect
from app.payments.stripe.client import StripeAway
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.payments.ledger import lost_disputes
from tests.payments.payouts.connected_accounts import URLS, has, onboarded, paid, standing
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.payments.refunds.refund_attempts import amounts, ask, at_stripe
from tests.payments.refunds.requested_refunds import requested
from tests.people import Person
from tests.shop import Shop

NEW = "a_value_of_tomorrow"
NO_OBJECT: list[dict[str, Any]] = [{"text": said} for said in ("[]", "null", "7", "{}", "<html>")]
PAGES = {"success_url": "http://a.example/", "cancel_url": "http://a.example/"}
Fault = dict[str, Any]


def says(*odd: dict[str, Any], lacks: tuple[str, ...] = ()) -> list[Fault]:
    return [{"says": each} for each in odd] + [{"lacks": [name]} for name in lacks] + NO_OBJECT


@pytest.mark.parametrize(
    "fault",
    says({"status": NEW}, {"url": None}, {"payment_intent": None}, {"id": None}, lacks=("id", "url")),
    ids=str,
)
def test_a_page_is_opened_in_the_end_and_paid_on(
    shop: Shop, client: Person, coach: Person, fault: Fault
) -> None:
    booking = client.books(coach)
    wish = {"booking_id": booking["id"], **PAGES}
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", method="POST", **fault)

    assert client.post("/payment/checkout", json=wish).status_code in {201, 503}
    shop.sandbox.behaves()
    opened = client.post("/payment/checkout", json=wish)
    shop.deliver_event(shop.paid(opened.json()))

    assert client.booking(booking)["status"] == "confirmed"


@pytest.mark.parametrize("fault", says({"status": None}, {"status": NEW}, lacks=("status",)), ids=str)
def test_a_page_of_which_stripe_does_not_say_that_it_is_closed_keeps_its_time(
    shop: Shop, client: Person, coach: Person, fault: Fault
) -> None:
    booking = client.books(coach)
    client.checks_out(booking)
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
    db.session.commit()
    shop.sandbox.control("/faults", path="/v1/checkout/sessions/*", times=9, **fault)

    shop.work(expiry.release, UUID(booking["id"]))
    assert client.booking(booking)["status"] == "pending"
    shop.sandbox.behaves()
    shop.work(expiry.release, UUID(booking["id"]))
    assert client.booking(booking)["status"] == "expired"


OF_A_REFUND = says(
    {"status": None}, {"status": NEW}, {"failure_reason": 7}, {"id": None}, lacks=("id", "status")
)
LISTED = says(
    {"data.0.status": None}, {"data.0.metadata": None}, {"data.0.id": None}, {"data": None},
    {"has_more": None},
    lacks=("data", "data.0.metadata", "data.0.id"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "fault"), [
    *(("POST", each) for each in OF_A_REFUND), *(("GET", each) for each in LISTED)
], ids=str)  # fmt: skip
def test_a_refund_is_made_once(shop: Shop, client: Person, coach: Person, method: str, fault: Fault) -> None:
    """When its answer is odd, or that to whether it was made before, as the answer was lost."""
    _, checkout = shop.pays_for(client, coach)
    refund_id = requested(shop, checkout, 2500)
    if method == "GET":
        lost = {"after_work": True, "close_connection": True, "times": 3}
        shop.sandbox.control("/faults", path="/v1/refunds", method="POST", **lost)
        ask(shop, refund_id)
    shop.sandbox.control("/faults", path="/v1/refunds", method=method, **fault)

    ask(shop, refund_id, times=3)
    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    assert (amounts(shop), at_stripe(shop, checkout)) == ([("by_hand", "succeeded", 2500)], 2500)


CHARGE = "latest_charge"
MOVE = f"{CHARGE}.balance_transaction"


@pytest.mark.parametrize("fault", says(
    {CHARGE: None}, {CHARGE: "ch_1"}, {MOVE: None}, {MOVE: "txn_1"}, {f"{MOVE}.fee": None},
    {f"{MOVE}.net": None}, {f"{MOVE}.currency": None}, {f"{MOVE}.currency": "xyz"},
    {f"{CHARGE}.payment_method_details": None}, {f"{CHARGE}.receipt_url": None},
    lacks=(CHARGE, MOVE, f"{CHARGE}.receipt_url"),
), ids=str)  # fmt: skip
def test_what_stripe_keeps_is_known_in_the_end(
    shop: Shop, client: Person, coach: Person, fault: Fault
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.deliver_event(shop.settlement(checkout))
    shop.sandbox.control("/faults", path="/v1/payment_intents/*", **fault)

    for _ in range(2):
        db.session.execute(text("UPDATE payment SET fee_due_at = now() WHERE fee_due_at IS NOT NULL"))
        db.session.commit()
        shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    (payment,) = shop.rows(Payment)
    assert (payment.fee_currency, payment.method, payment.fee_due_at) == ("EUR", "card", None)
    assert payment.fee_minor
    assert payment.receipt_url


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("fault", says(
    {"requirements": None}, {"requirements.currently_due": None}, {"capabilities": None},
    {"charges_enabled": None}, {"capabilities.transfers": NEW},
    lacks=("requirements", "capabilities", "payouts_enabled"),
), ids=str)  # fmt: skip
def test_how_a_coach_s_account_stands_is_known_in_the_end(shop: Shop, coach: Person, fault: Fault) -> None:
    onboarded(shop, coach)
    shop.sandbox.control("/faults", path="/v1/accounts/*", **fault)

    for _ in range(2):
        db.session.execute(text("UPDATE payout_account SET due_at = now()"))
        db.session.commit()
        shop.work(payouts_connect.look_up, UUID(coach.id))

    assert standing(coach)["is_enabled"]


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *(("/v1/accounts", each) for each in says({"requirements": None}, lacks=("id",))),
        *(("/v1/account_links", each) for each in says({"expires_at": None}, lacks=("url",))),
    ],
    ids=str,
)
def test_a_coach_s_account_is_opened_once(shop: Shop, coach: Person, path: str, fault: Fault) -> None:
    shop.sandbox.control("/faults", path=path, method="POST", **fault)

    assert coach.post("/coach/me/payout-account", json=URLS).status_code in {201, 503}
    shop.sandbox.behaves()

    assert coach.post("/coach/me/payout-account", json=URLS).status_code == 201
    assert len(shop.at_stripe("/v1/accounts")["data"]) == 1


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *(("/v1/transfers/*", each) for each in [*NO_OBJECT, {"lacks": ["id"]}]),
        *(("/v1/payment_intents/*", each) for each in [*NO_OBJECT, {"says": {f"{CHARGE}.transfer": "tr_1"}}]),
        ("/v1/payment_intents/*", {"says": {f"{CHARGE}.transfer.amount_reversed": None}}),
    ],
    ids=str,
)
def test_what_a_lost_dispute_takes_is_taken_back_from_the_coach_once(
    shop: Shop, client: Person, coach: Person, path: str, fault: Fault
) -> None:
    checkout = paid(shop, client, onboarded(shop, coach))
    lost_disputes.lost(shop, client, checkout)
    shop.sandbox.control("/faults", path=path, **fault)
    for recovery_id in shop.work(recovery_submission.DUE.ids, 10):
        shop.work(recovery_submission.recover, recovery_id)
    shop.sandbox.behaves()

    lost_disputes.recovers(shop)

    assert has(shop, coach) == 0
    assert lost_disputes.rows(shop) == [("reversal", "succeeded", 7500)]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", says(
    {"status": NEW}, {"status": None}, {"evidence_details": None}, {"balance_transactions": None},
    {"reason": None}, lacks=("status", "is_charge_refundable"),
), ids=str)  # fmt: skip
def test_evidence_reaches_the_bank_once_whatever_stripe_answers(
    shop: Shop, client: Person, coach: Person, admin: Person, method: str, fault: Fault
) -> None:
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    row = hears(shop, checkout)
    shop.sandbox.control("/faults", path="/v1/disputes/*", method=method, **fault)

    for _ in range(2):
        answer = admin.post(f"/admin/dispute/{row.id}/evidence", json={})
        assert answer.status_code in {200, 409, 503}, answer.text

    found = shop.at_stripe(f"/v1/disputes/{dispute['id']}")
    assert (found["evidence_details"]["submission_count"], found["status"]) == (1, "under_review")
    for event in shop.events(checkout, "charge.dispute."):
        shop.deliver_event(event)
    (known,) = shop.rows(Dispute)
    assert (known.status, known.evidence_submitted_at is not None) == ("under_review", True)


@pytest.mark.parametrize("path", ["events", "checkout/sessions", "payment_intents", "refunds", "disputes"])
@pytest.mark.parametrize("fault", [*NO_OBJECT, {"says": {"data": None}}, {"lacks": ["has_more"]}], ids=str)
def test_a_list_that_cannot_be_read_is_asked_for_again(
    unhurried: Shop, client: Person, coach: Person, path: str, fault: Fault
) -> None:
    unhurried.pays_for(client, coach)
    unhurried.sandbox.control("/faults", path=f"/v1/{path}", method="GET", **fault)

    with pytest.raises(StripeAway):
        reconciled(unhurried)
    unhurried.sandbox.behaves()
    reconciled(unhurried)

    assert differences(unhurried) == []
