"""What Stripe keeps or takes besides its fee on a payment: for disputes, debits, refunds under way."""

from uuid import UUID

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.ledger import stripe_fees
from app.payments.models import Payment, Refund
from app.payments.webhook.inbox import HANDLERS
from tests.history import rewrite
from tests.payments.disputes.opened_disputes import disputed, hears, word_of
from tests.payments.earnings.coach_earnings import deliver_events, earnings, figures
from tests.people import Person
from tests.shop import Commission, Shop, changed

CARD_REFUNDED_SLOWLY = "4000000000007726"
FAILING_DEBIT = "DE62370400440532013001"


def test_the_fee_of_a_dispute_from_before_it_was_kept_is_entered_when_stripe_tells_of_it_again(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    hears(shop, checkout)
    db.session.execute(text("UPDATE dispute SET fee_minor = NULL, fee_currency = NULL"))
    rewrite("DELETE FROM ledger_entry WHERE kind = 'fee'")

    shop.deliver_event(changed(word_of(shop, checkout)[-1]))

    assert figures(*earnings(coach)) == (7500, 0, 7500, 1500, 0, -1500)


def test_a_refund_is_off_as_soon_as_stripe_has_made_it_and_comes_back_when_it_fails(
    unhurried: Shop, client: Person, coach: Person
) -> None:
    shop = unhurried
    checkout = client.checks_out(client.books(coach))
    shop.deliver_event(shop.paid(checkout, CARD_REFUNDED_SLOWLY))

    deliver_events(shop, shop.refunds_by_hand(checkout, 2500))
    (refund,) = shop.rows(Refund)
    assert (refund.status, figures(*earnings(coach))) == ("pending", (7500, 2500, 0, 0, 0, 5000))

    shop.sandbox.control(f"/refunds/{refund.stripe_refund_id}/status", status="failed")
    deliver_events(shop, shop.events(checkout, "refund."))
    assert figures(*earnings(coach)) == (7500, 0, 0, 0, 0, 7500)


@pytest.mark.parametrize(("is_settled", "fee"), [(True, 350), (False, 0)])
def test_a_debit_that_the_bank_returns_costs_its_fee_only(
    unhurried: Shop, client: Person, coach: Person, commission: Commission, is_settled: bool, fee: int
) -> None:
    shop = unhurried
    commission("10")
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.debits(checkout, FAILING_DEBIT)
    if is_settled:
        shop.settlement(checkout)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")

    deliver_events(shop, [each for each in shop.events(checkout) if each["type"] in HANDLERS])
    db.session.execute(text("UPDATE payment SET fee_due_at = now() WHERE fee_due_at IS NOT NULL"))
    db.session.commit()
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert [figures(each) for each in earnings(coach)] == ([(0, 0, 0, fee, 0, -fee)] if fee else [])
    assert shop.rows(Payment)[0].fee_due_at is None
