"""Disputes of payments that were sent on to a coach: lost, recovered, and won after all."""

from typing import Any

from sqlalchemy import text

from app.extensions import db
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.ledger.recovery_models import Recovery
from tests.payments.disputes.opened_disputes import decided, disputed, word_of
from tests.people import Checkout, Person
from tests.shop import Shop


def lost(shop: Shop, client: Person, checkout: Checkout, **how: Any) -> dict[str, Any]:
    """A dispute that is lost, and heard of."""
    dispute = disputed(shop, client, checkout, **how)
    decided(shop, dispute, "lost")
    hears(shop, checkout)
    return dispute


def overturned(shop: Shop, checkout: Checkout, dispute: dict[str, Any]) -> None:
    shop.sandbox.control(f"/disputes/{dispute['id']}/overturn")
    hears(shop, checkout)


def hears(shop: Shop, checkout: Checkout) -> None:
    """All that Stripe said so far, old and new."""
    for event in word_of(shop, checkout):
        shop.deliver_event(event)


def recovers(shop: Shop) -> None:
    """The workers' jobs: until nothing is left to do."""
    db.session.execute(text("UPDATE recovery SET due_at = now() WHERE status = 'pending'"))
    db.session.commit()
    while due := shop.work(recovery_submission.DUE.ids, 10):
        for recovery_id in due:
            shop.work(recovery_submission.recover, recovery_id)
    for payment_id in shop.work(stripe_fees.DUE.ids, 10):
        shop.work(stripe_fees.look_up, payment_id)


def rows(shop: Shop) -> list[tuple[str, str, int]]:
    found = sorted(shop.rows(Recovery), key=lambda each: each.created_at)
    return [(each.kind, each.status, each.share_minor) for each in found]
