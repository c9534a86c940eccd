"""Attempts to make a refund at Stripe, and what came of them here and there."""

from uuid import UUID

from app.payments.models import Refund
from app.payments.refunds import submission
from tests.payments.refunds.requested_refunds import make_due
from tests.people import Checkout
from tests.shop import Shop


def refuse(shop: Shop, refusal: str, times: int = 1) -> None:
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", refusal=refusal, times=times)


def ask(shop: Shop, refund_id: UUID, times: int = 1) -> None:
    for _ in range(times):
        make_due()
        shop.work(submission.issue, refund_id)


def amounts(shop: Shop) -> list[tuple[str, str, int]]:
    return sorted((each.cause.value, each.status.value, each.amount_minor) for each in shop.rows(Refund))


def at_stripe(shop: Shop, checkout: Checkout) -> int:
    """What Stripe has given back of a payment."""
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    made = shop.at_stripe(f"/v1/refunds?payment_intent={intent}")["data"]
    return sum(each["amount"] for each in made if each["status"] != "failed")
