"""Refunds that are wanted while a bank has its hand on the money, however that ends."""

from typing import Any

import pytest

from app.payments import issuing
from app.payments.gateway import refunds as at_stripe
from app.payments.models import Refund
from tests.payments.conftest import Shop
from tests.payments.disputing import decided, disputed, hears
from tests.people import Person


def cancelled(shop: Shop, booking: dict[str, Any], by: Person) -> Refund:
    """The session is called off; the refund that is owed for it."""
    assert by.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    (refund,) = shop.rows(Refund)
    return refund


def ended(shop: Shop) -> list[tuple[str, int]]:
    """How each refund stands, and its amount."""
    return sorted((refund.status, refund.amount_minor) for refund in shop.rows(Refund))


def test_one_called_off_while_stripe_refuses_it_stays_called_off_and_alarms_nobody(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    refund = cancelled(shop, booking, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    ask = at_stripe.make

    def ask_while_another_worker_hears_of_the_dispute(order: at_stripe.RefundOrder) -> Any:
        try:
            return ask(order)
        finally:
            with shop.app.app_context():
                hears(shop, checkout)

    monkeypatch.setattr(at_stripe, "make", ask_while_another_worker_hears_of_the_dispute)
    shop.work(issuing.issue, refund.id)

    assert ended(shop) == [("canceled", 7500)]
    assert shop.ops_mails() == []
    assert shop.mails("refund_failed") == []
