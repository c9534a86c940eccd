"""Every call can be made to fail in every way."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.coaches import onboarded, paid_for, transfer_of
from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

Ask = Callable[[stripe.V1Services], Any]


@pytest.fixture
def asks(shop: Shop) -> dict[str, Ask]:
    """Calls that all would succeed, by what they touch."""
    shop.control("/pace", settle_after=0)
    shop.paid("4000000000000077", line_items=[shop.item(50_000, "eur")])  # enough for all the rest
    coach = onboarded(shop)
    session = paid_for(shop, coach, "4000000000000077")
    shop.control("/pace", refund_after=None)
    waiting = shop.refunds(shop.paid("4000000000007726"))
    shop.control(f"/refunds/{waiting.id}/status", status="requires_action")
    dispute = shop.control(f"/payments/{intent(shop.paid()).id}/dispute")["id"]
    transfer, fee = transfer_of(shop, session).id, str(charge(session).application_fee)
    sent: Any = {"amount": 100, "currency": "eur", "destination": coach.id}
    urls = {"refresh_url": "https://shop.example/a", "return_url": "https://shop.example/b"}
    link: Any = {"account": coach.id, "type": "account_onboarding", **urls}
    return {
        "accounts": lambda v1: v1.accounts.create({"type": "express"}),
        "account_links": lambda v1: v1.account_links.create(link),
        "transfers": lambda v1: v1.transfers.create(sent),
        "reversals": lambda v1: v1.transfers.reversals.create(transfer, {"amount": 1}),
        "refunds of fees": lambda v1: v1.application_fees.refunds.create(fee, {"amount": 1}),
        "cancel": lambda v1: v1.refunds.cancel(waiting.id),
        "disputes": lambda v1: v1.disputes.update(dispute, {"metadata": {"a": "b"}}),
        "close": lambda v1: v1.disputes.close(dispute),
        "balance": lambda v1: v1.balance.retrieve(),
        "balance_transactions": lambda v1: v1.balance_transactions.list(),
    }


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 500}, stripe.APIError),
        ({"status": 429, "retry_after_seconds": 1}, stripe.RateLimitError),
        ({"close_connection": True}, stripe.APIConnectionError),
        ({"close_connection": True, "after_work": True}, stripe.APIConnectionError),
    ],
)
def test_every_call_fails_as_it_is_told_and_then_works(
    shop: Shop, asks: dict[str, Ask], fault: dict[str, Any], error: type[Exception]
) -> None:
    for what, ask in asks.items():
        shop.control("/faults", **fault)
        with pytest.raises(error):
            ask(shop.stripe.v1)
        assert shop.look("/faults")["faults"] == [], what
        if not fault.get("after_work") or what not in ("cancel", "close"):  # these can be done once only
            ask(shop.stripe.v1)


def test_a_slow_answer_outlasts_the_callers_patience(shop: Shop, asks: dict[str, Ask]) -> None:
    asked = len(shop.look("/requests")["requests"])
    patience: Any = (10, 0.1)  # seconds to connect, and to wait for an answer
    hasty = shop.client("sk_test_sandbox", http_client=stripe.RequestsClient(timeout=patience))
    shop.control("/faults", delay_seconds=0.4, times=len(asks))
    for ask in asks.values():
        with pytest.raises(stripe.APIConnectionError):
            ask(hasty.v1)
    wait_until(lambda: len(shop.look("/requests")["requests"]) == asked + len(asks))  # none outlasts the test
