"""Coaches with accounts of their own at Stripe, as Stripe and our API show them."""

from typing import Any
from uuid import UUID

from app.payments.ledger import stripe_fees
from app.payments.models import Refund
from app.payments.payouts import connect as payouts_connect
from app.payments.payouts.account import PayoutAccount
from app.payments.refunds import submission
from tests.payments.earnings.coach_earnings import deliver_events, earnings
from tests.people import PASSWORD, Checkout, Person
from tests.shop import Shop

URLS = {
    "refresh_url": "https://example.com/again",
    "return_url": "https://example.com/payouts",
    "password": PASSWORD,
}


def link(coach: Person, **more: str) -> dict[str, Any]:
    answer = coach.post("/coach/me/payout-account", json=URLS | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def account_id(shop: Shop, coach: Person) -> str:
    (row,) = [each for each in shop.rows(PayoutAccount) if str(each.id) == coach.id]
    assert row.stripe_account_id
    return row.stripe_account_id


def standing(coach: Person) -> dict[str, Any]:
    answer = coach.get("/coach/me/payout-account")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stripe_finds(shop: Shop, coach: Person, how: str) -> list[dict[str, Any]]:
    """Stripe looks at a coach's account and finds it so; what it says of it, still on its way."""
    account = account_id(shop, coach)
    shop.sandbox.control(f"/accounts/{account}/onboarding", standing=how)
    key = {"Authorization": "Bearer sk_test_sandbox", "Stripe-Account": account}
    answer = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/v1/events", headers=key)
    events: list[dict[str, Any]] = answer.raise_for_status().json()["data"]
    return events[::-1]


def deliver_account_events(shop: Shop, coach: Person, events: list[dict[str, Any]]) -> None:
    deliver_events(shop, events)
    shop.work(payouts_connect.look_up, UUID(coach.id))


def onboarded(shop: Shop, coach: Person, **more: str) -> Person:
    """A coach whom Stripe pays out to."""
    link(coach, **more)
    deliver_account_events(shop, coach, stripe_finds(shop, coach, "complete"))
    return coach


def at_rest(shop: Shop) -> None:
    """Refunds are issued, and Stripe is asked for all that is due to be asked."""
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    for payment_id in shop.work(stripe_fees.DUE.ids, 10):
        shop.work(stripe_fees.look_up, payment_id)


def paid(shop: Shop, client: Person, coach: Person) -> Checkout:
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    return checkout


def refunded(shop: Shop, client_or_coach: Person, checkout: Checkout, amount: float) -> None:
    path = f"/payment/{checkout['payment_id']}/refund"
    answer = client_or_coach.post(path, json={"amount": amount, "reason": "a part"})
    assert answer.status_code == 202, answer.text
    at_rest(shop)


def has(shop: Shop, coach: Person, currency: str = "eur") -> int:
    """What a coach's own account at Stripe gained, in minor units."""
    books = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/ledger").raise_for_status().json()
    gained: int = books["accounts"][account_id(shop, coach)].get(currency, {"net": 0})["net"]
    return gained


def figures(coach: Person) -> tuple[int, ...]:
    """Net, transferred, owed."""
    (totals,) = earnings(coach)
    return tuple(totals[f"{name}_minor"] for name in ("net", "transferred", "owed"))
