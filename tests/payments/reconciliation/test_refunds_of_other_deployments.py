"""Another deployment on the same Stripe account refunds what was paid to us: that is ours to book."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.money.money import Money
from app.payments.events.status import EventStatus
from app.payments.models import Payment, Refund
from app.payments.refunds import charge_refunds, submission
from app.payments.status import RefundCause, RefundStatus
from app.payments.stripe import deployment
from app.payments.stripe import refunds as at_stripe
from app.payments.webhook import inbox
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.payments.refunds.requested_refunds import make_due
from tests.people import Person
from tests.shop import Event, Shop


def refunded_by_another(shop: Shop, amount: int, refund_id: UUID | None = None, intent: str = "") -> str:
    """By a copy of our database with an id of its own: it knows our payment."""
    (payment,) = shop.rows(Payment)
    order = at_stripe.RefundOrder(
        deployment_id=uuid4(),
        refund_id=refund_id or uuid4(),
        payment_intent_id=payment.stripe_payment_intent_id or intent,
        amount=Money(amount, payment.currency),
        failures=0,
        reason=None,
        instructions_email=None,
        from_coach=False,
        with_commission=False,
    )
    return at_stripe.make(order).id


def created(shop: Shop, checkout: dict[str, Any]) -> Event:
    return shop.events(checkout, "refund.created")[-1]


@pytest.mark.parametrize("how", ["its event", "its charge's event", "a comparison"])
def test_a_refund_by_another_deployment_is_booked_as_one_of_the_dashboard(
    silent: Shop, client: Person, coach: Person, how: str
) -> None:
    _, checkout = silent.pays_for(client, coach)
    stripe_id = refunded_by_another(silent, 1000)

    for _ in range(2):
        if how == "its event":
            silent.deliver_event(created(silent, checkout))
        elif how == "its charge's event":
            silent.work(charge_refunds.look_up, UUID(checkout["payment_id"]))
        else:
            reconciled(silent)

    (refund,) = silent.rows(Refund)
    assert (refund.stripe_refund_id, refund.cause) == (stripe_id, RefundCause.DASHBOARD)
    assert (refund.status, refund.amount_minor) == (RefundStatus.SUCCEEDED, 1000)
    assert "another deployment" in refund.reason
    assert client.get(f"/payment/{checkout['payment_id']}").json()["amount_refunded"] == 10
    assert [mail.recipient for mail in silent.mails("refund_issued")] == [client.email]
    assert (differences(silent), silent.ops_mails()) == ([], [])


def test_one_that_is_told_before_its_payment_is_known_as_ours_is_booked_afterwards(
    silent: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    paid = silent.paid(checkout)
    stripe_id = refunded_by_another(silent, 1000, intent=paid["data"]["object"]["payment_intent"])
    early = created(silent, checkout)

    silent.deliver_event(early)
    assert silent.event(early).status is EventStatus.IGNORED
    silent.deliver_event(paid)
    silent.work(inbox.process, silent.work(inbox.claim, early["id"]))

    assert [row.stripe_refund_id for row in silent.rows(Refund)] == [stripe_id]


def test_a_copy_of_our_database_leaves_our_refunds_of_our_payments_to_us(
    silent: Shop, client: Person, coach: Person
) -> None:
    _, checkout = silent.pays_for(client, coach)
    silent.work(deployment.renew)
    refunded_by_another(silent, 1000)
    event = created(silent, checkout)

    silent.deliver_event(event)
    reconciled(silent)

    assert "another deployment" in (silent.event(event).reason or "")
    assert (silent.rows(Refund), silent.mails("refund_issued"), differences(silent)) == ([], [], [])


def test_a_copy_that_makes_a_refund_which_is_ours_to_make_has_made_it(
    silent: Shop, client: Person, coach: Person
) -> None:
    """Both have its row, and the client is owed it once."""
    booking, checkout = silent.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (ours,) = silent.rows(Refund)
    stripe_id = refunded_by_another(silent, ours.amount_minor, ours.id)

    silent.deliver_event(created(silent, checkout))
    silent.work(submission.issue, ours.id)

    (refund,) = silent.rows(Refund)
    assert (refund.stripe_refund_id, refund.cause) == (stripe_id, RefundCause.CANCELLED)
    assert refund.status is RefundStatus.SUCCEEDED


def test_of_a_refund_that_a_copy_has_too_one_is_made_though_neither_hears_of_the_other(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = silent.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (ours,) = silent.rows(Refund)
    stripe_id = refunded_by_another(silent, ours.amount_minor, ours.id)

    assert silent.work(submission.issue, ours.id)  # its key was used for what the copy asked
    make_due()
    assert silent.work(submission.issue, ours.id) is None

    intent = client.payment(checkout)["stripe_payment_intent_id"]
    made = silent.at_stripe(f"/v1/refunds?payment_intent={intent}")["data"]
    assert [each["id"] for each in made] == [stripe_id]
    (refund,) = silent.rows(Refund)
    assert (refund.stripe_refund_id, refund.status) == (stripe_id, RefundStatus.SUCCEEDED)


def test_a_copy_that_makes_a_refund_of_ours_once_more_has_made_another(
    silent: Shop, client: Person, coach: Person
) -> None:
    _, checkout = silent.pays_for(client, coach)
    wish = {"reason": "as agreed", "amount": 20}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).is_success
    (ours,) = silent.rows(Refund)
    silent.work(submission.issue, ours.id)
    again = refunded_by_another_after_a_day(silent, ours)

    silent.deliver_event(created(silent, checkout))
    reconciled(silent)

    assert {row.stripe_refund_id for row in silent.rows(Refund)} == {ours.stripe_refund_id, again}
    assert client.get(f"/payment/{checkout['payment_id']}").json()["amount_refunded"] == 30
    assert differences(silent) == []


def refunded_by_another_after_a_day(shop: Shop, ours: Refund) -> str:
    """Stripe has forgotten our idempotency key by then, or the copy counted a failure more."""
    shop.sandbox.control("/clock", advance_seconds=25 * 3600)
    return refunded_by_another(shop, 1000, ours.id)
