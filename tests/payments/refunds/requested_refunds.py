"""Refunds that are asked for, by us or in Stripe's dashboard."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.extensions import db
from app.money.money import Money
from app.payments.models import Payment
from app.payments.refunds import refunds
from app.payments.status import RefundCause
from tests.people import Person
from tests.shop import Shop


def requested(shop: Shop, checkout: dict[str, Any], amount: int = 7500) -> UUID:
    """A refund on record that Stripe has not been asked for."""

    def request() -> UUID:
        payment = Payment.locked(UUID(checkout["payment_id"]))
        assert payment
        return refunds.request(
            payment, Money(amount, "EUR"), "a reason", payment.bookings[0], RefundCause.BY_HAND
        ).id

    return shop.work(request)


def make_due() -> None:
    db.session.execute(text("UPDATE refund SET due_at = now() - interval '1 second'"))
    db.session.commit()


def of_dashboard(shop: Shop, checkout: dict[str, Any], client: Person, **body: Any) -> list[dict[str, Any]]:
    """The events of a refund made by hand at Stripe."""
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    refund = shop.sandbox.control(f"/payments/{intent}/refund", **body)
    return [
        event for event in shop.events(checkout, "refund.") if event["data"]["object"]["id"] == refund["id"]
    ]
