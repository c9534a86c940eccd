"""Coaches' accounts at Stripe that are refused, looked at too late, or written to by others."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.extensions import db, now
from app.payments.ledger import stripe_fees
from app.payments.models import Refund
from app.payments.payouts import connect as payouts_connect
from app.payments.payouts.account import PayoutAccount
from tests.payments.earnings.coach_earnings import deliver_events
from tests.payments.payouts.connected_accounts import (
    URLS,
    account_id,
    at_rest,
    deliver_account_events,
    figures,
    has,
    link,
    onboarded,
    paid,
    refunded,
    standing,
    stripe_finds,
)
from tests.people import Checkout, Person
from tests.shop import Commission, Event, Shop

pytestmark = pytest.mark.usefixtures("connect")
KEY = {"Authorization": "Bearer sk_test_sandbox"}


def charge_of(shop: Shop, checkout: Checkout) -> dict[str, Any]:
    intent = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
    charge: dict[str, Any] = shop.at_stripe(f"/v1/payment_intents/{intent}?expand[]=latest_charge")[
        "latest_charge"
    ]
    return charge


def reversed_by_hand(shop: Shop, checkout: Checkout, **what: Any) -> list[Event]:
    """Somebody takes a transfer back in Stripe's dashboard; what Stripe says of it, still on its way."""
    transfer = charge_of(shop, checkout)["transfer"]
    url = f"{shop.sandbox.stripe_url}/v1/transfers/{transfer}/reversals"
    shop.sandbox.http.post(url, data=what, headers=KEY).raise_for_status()
    events: list[Event] = shop.at_stripe("/v1/events?limit=2")["data"]
    return [event for event in events if event["type"] in stripe_fees.HANDLERS]


def test_what_was_taken_back_from_a_coach_by_hand_is_owed_again(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))

    deliver_events(shop, reversed_by_hand(shop, checkout, amount=2500, refund_application_fee="true"))
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert has(shop, coach) == 6750 - 2500 + 250
    assert figures(coach) == (6750, 4500, 2250)


def test_told_before_the_charge_is_known_as_ours_it_is_owed_again_all_the_same(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, onboarded(shop, coach))
    settlement = shop.settlement(checkout)
    db.session.execute(text("UPDATE payment SET fee_due_at = now()"))  # nobody told, and we asked
    db.session.commit()
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    deliver_events(shop, reversed_by_hand(shop, checkout))
    shop.deliver_event(settlement)
    shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    assert figures(coach) == (7500, has(shop, coach), 7500)


def test_when_stripe_s_word_of_an_account_is_lost_it_is_asked_for_within_a_day(
    shop: Shop, coach: Person
) -> None:
    onboarded(shop, coach)
    stripe_finds(shop, coach, "restricted")  # and we do not hear of it
    (account,) = shop.rows(PayoutAccount)
    assert account.due_at
    assert now() < account.due_at <= now() + payouts_connect.DAILY

    db.session.execute(text("UPDATE payout_account SET due_at = due_at - interval '1 day'"))
    db.session.commit()
    assert shop.work(payouts_connect.DUE.ids, 10) == [UUID(coach.id)]
    shop.work(payouts_connect.look_up, UUID(coach.id))

    assert not standing(coach)["is_enabled"]
    assert shop.work(payouts_connect.DUE.ids, 10) == []


def test_what_happens_at_a_coach_s_own_account_confirms_nothing(
    shop: Shop, client: Person, coach: Person
) -> None:
    onboarded(shop, coach)
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))

    forged = completed | {"id": "evt_of_the_coach", "account": account_id(shop, coach)}
    shop.deliver_event(forged)

    assert client.booking(booking)["status"] == "pending"
    assert shop.event(forged).reason == "it happened at a coach's own account"
    shop.deliver_event(completed)
    assert client.booking(booking)["status"] == "confirmed"


def test_a_country_that_stripe_does_not_know_can_be_corrected(shop: Shop, coach: Person) -> None:
    answer = coach.post("/coach/me/payout-account", json=URLS | {"country": "XX"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/payout-account-refused")
    assert coach.get("/coach/me/payout-account").status_code == 404

    link(coach, country="FR")

    assert shop.at_stripe(f"/v1/accounts/{account_id(shop, coach)}")["country"] == "FR"


def test_a_coach_abroad_to_whom_stripe_sends_nothing_on_is_paid_for_all_the_same_and_owed_the_money(
    shop: Shop, client: Person, coach: Person
) -> None:
    link(coach, country="FR")
    deliver_account_events(shop, coach, stripe_finds(shop, coach, "complete"))

    paid(shop, client, coach)

    assert figures(coach) == (7362, 0, 7362)
    assert not standing(coach)["is_enabled"]
    assert "outside the platform's region" in standing(coach)["disabled_reason"]
    shop.work(payouts_connect.look_up, UUID(coach.id))
    assert not standing(coach)["is_enabled"]  # of the account itself Stripe says nothing wrong
    deliver_account_events(shop, coach, stripe_finds(shop, coach, "complete"))
    assert standing(coach)["is_enabled"]


def test_what_stripe_refuses_anyway_casts_no_doubt_on_the_coach_s_account(
    shop: Shop, client: Person, coach: Person
) -> None:
    onboarded(shop, coach)
    booking = client.books(coach)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", status=400, times=2)
    wish = {"booking_id": booking["id"], "success_url": URLS["return_url"], "cancel_url": URLS["return_url"]}

    assert client.post("/payment/checkout", json=wish).json()["type"] == "/problems/checkout-refused"

    assert standing(coach)["is_enabled"]


def test_what_cannot_be_taken_back_from_the_coach_the_client_gets_from_us(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    shop.sandbox.control("/faults", path="/v1/refunds", status=400)

    refunded(shop, coach, checkout, 25)
    db.session.execute(text("UPDATE refund SET due_at = now()"))
    db.session.commit()
    at_rest(shop)

    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.from_ours) == ("succeeded", True)
    assert charge_of(shop, checkout)["amount_refunded"] == 2500
    assert has(shop, coach) == 6750
    assert figures(coach) == (4500, 6750, -2250)


def test_a_coach_with_too_little_at_stripe_keeps_no_client_waiting(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    """To take a transfer back, Stripe wants its amount in the coach's balance; topping up ours is no help."""
    commission("10")
    checkout = paid(shop, client, onboarded(shop, coach))
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", refusal="insufficient_balance")

    refunded(shop, coach, checkout, 25)
    db.session.execute(text("UPDATE refund SET due_at = now()"))
    db.session.commit()
    at_rest(shop)

    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.from_ours) == ("succeeded", True)
    assert figures(coach) == (4500, 6750, -2250)
    (told,) = shop.ops_mails()
    assert "owes us 22.50 EUR" in told
