"""Why a refund is made, and whom Stripe asks where it is to go, as Stripe is told."""

from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.models import Payment, Refund
from app.payments.refunds import submission
from tests.payments.scenarios import paid_twice
from tests.people import PASSWORD, Checkout, Person
from tests.shop import Shop


def asked(shop: Shop) -> dict[str, Any]:
    """The refunds are issued; what Stripe was asked for."""
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    url = f"{shop.sandbox.stripe_url}/_sandbox/requests?method=POST&path=/v1/refunds"
    (sent,) = shop.sandbox.http.get(url).json()["requests"]
    found: dict[str, Any] = sent["params"]
    return found


def refunds(who: Person, checkout: Checkout, **wish: Any) -> int:
    path = f"/payment/{checkout['payment_id']}/refund"
    return who.post(path, json={"reason": "not right"} | wish).status_code


def test_one_that_a_coach_gives_or_a_client_asked_for_is_requested(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    assert refunds(coach, checkout) == 202

    assert asked(shop)["reason"] == "requested_by_customer"


def test_one_of_a_cancelled_session_is_requested(shop: Shop, client: Person, coach: Person) -> None:
    booking, _ = shop.pays_for(client, coach)
    assert client.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200

    assert asked(shop)["reason"] == "requested_by_customer"


def test_of_a_session_that_was_paid_twice_it_is_a_duplicate(
    shop: Shop, client: Person, coach: Person
) -> None:
    for checkout in paid_twice(shop, client, coach):
        for event in shop.events(checkout):
            shop.deliver_event(event)

    assert asked(shop)["reason"] == "duplicate"


def test_an_admin_can_call_it_fraudulent_and_nobody_else(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)

    assert refunds(coach, checkout, fraudulent=True) == 403
    assert refunds(admin, checkout, fraudulent="yes") == 422
    assert shop.rows(Refund) == []
    assert refunds(admin, checkout, fraudulent=True) == 202

    assert asked(shop)["reason"] == "fraudulent"


ASKS = ("boleto", "customer_balance", "konbini", "multibanco", "oxxo", "paynow", "promptpay")
ASKS_NOBODY = ("card", "sepa_debit", "us_bank_account", "klarna", "a_method_of_tomorrow", None)


@pytest.mark.parametrize(
    ("method", "is_asked"), [*((each, True) for each in ASKS), *((each, False) for each in ASKS_NOBODY)]
)
def test_where_the_method_takes_no_money_back_stripe_is_told_the_client_s_address(
    shop: Shop, client: Person, coach: Person, method: str | None, is_asked: bool
) -> None:
    _, checkout = shop.pays_for(client, coach)
    db.session.execute(text("UPDATE payment SET method = :method"), {"method": method})
    db.session.commit()
    assert refunds(coach, checkout) == 202

    assert asked(shop).get("instructions_email") == (client.email if is_asked else None)


def test_who_has_left_is_asked_by_nobody(shop: Shop, client: Person, coach: Person) -> None:
    shop.pays_for(client, coach)
    db.session.execute(text("UPDATE payment SET method = 'konbini'"))
    db.session.commit()
    assert client.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    assert "instructions_email" not in asked(shop)


@pytest.mark.parametrize("by", ["event", "look-up"])
def test_how_it_was_paid_is_known_once_it_is_settled(
    shop: Shop, client: Person, coach: Person, by: str
) -> None:
    _, checkout = shop.pays_for(client, coach)

    shop.deliver_event(shop.settlement(checkout)) if by == "event" else shop.settles(checkout)

    assert [each.method for each in shop.rows(Payment)] == ["card"]


def test_one_that_failed_is_made_anew_for_the_same_reason(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    assert refunds(admin, checkout, fraudulent=True) == 202
    (refund,) = shop.rows(Refund)
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", refusal="too_old")
    shop.work(submission.issue, refund.id)
    url = f"{shop.sandbox.stripe_url}/_sandbox/requests"
    shop.sandbox.http.delete(url).raise_for_status()

    assert admin.post(f"/admin/refund/{refund.id}/retry", json={"reason": "again"}).status_code == 202

    assert asked(shop)["reason"] == "fraudulent"
