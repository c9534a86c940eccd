"""More is to go back than Stripe has left of a payment: the rest is sent, once, and one story is told."""

from collections.abc import Sequence

import pytest

from app.payments.models import Refund
from app.payments.refunds import submission
from tests.payments.refunds.refund_attempts import amounts, at_stripe
from tests.payments.refunds.requested_refunds import make_due
from tests.people import Checkout, Person
from tests.shop import Shop


def ask_all(shop: Shop, the_latest_first: bool = False) -> None:
    """Stripe is asked for each refund that waits, until none does."""
    for _ in range(4):
        make_due()
        for refund in sorted(shop.rows(Refund), key=lambda each: each.created_at, reverse=the_latest_first):
            shop.work(submission.issue, refund.id)


def assert_all_went_back(shop: Shop, client: Person, checkout: Checkout, paid: int) -> None:
    """The client hears of each part that was made, and of nothing that failed."""
    assert at_stripe(shop, checkout) == paid, amounts(shop)
    assert client.payment(checkout)["status"] == "refunded"
    made = [refund for refund in shop.rows(Refund) if refund.status == "succeeded"]
    assert {refund.status for refund in shop.rows(Refund)} <= {"succeeded", "failed"}
    assert (len(shop.mails("refund_issued")), shop.mails("refund_failed")) == (len(made), [])
    assert shop.ops_mails() == []


@pytest.mark.parametrize("parts", [[1], [100, 9000], [7500], [10000], [20000], [22400], [22500]], ids=str)
@pytest.mark.parametrize("the_latest_first", [False, True])
def test_of_a_series_the_rest_is_found_among_the_shares(
    shop: Shop, client: Person, coach: Person, parts: Sequence[int], the_latest_first: bool
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    for part in parts:
        shop.refunds_by_hand(checkout, part)
    for booking in series["items"]:
        assert client.post(f"/booking/{booking['id']}/cancel", json={}).is_success

    ask_all(shop, the_latest_first)

    assert_all_went_back(shop, client, checkout, 22500)


@pytest.mark.parametrize("in_the_dashboard", [2500, 5000, 7499])
@pytest.mark.parametrize("by_hand", [5.0, 40.0, 74.99])
def test_what_a_coach_gave_and_what_a_policy_gives_share_the_rest(
    shop: Shop, client: Person, coach: Person, in_the_dashboard: int, by_hand: float
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, in_the_dashboard)
    wish = {"reason": "a kindness", "amount": by_hand}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202
    client.post(f"/booking/{booking['id']}/cancel", json={})

    ask_all(shop)

    assert_all_went_back(shop, client, checkout, 7500)


@pytest.mark.parametrize(
    ("currency", "rate", "paid", "part"),
    [
        ("JPY", 7500, 7500, 2500),
        ("ISK", 7500, 750_000, 250_000),
        ("UGX", 75_000, 7_500_000, 100),
        ("KWD", 75, 75_000, 10),
    ],
)
def test_so_it_is_in_each_kind_of_currency(
    shop: Shop, client: Person, coach: Person, currency: str, rate: int, paid: int, part: int
) -> None:
    coach.open_for_business(hourly_rate=rate, currency=currency)
    booking, checkout = shop.pays_for(client, coach)
    shop.refunds_by_hand(checkout, part)
    client.post(f"/booking/{booking['id']}/cancel", json={})

    ask_all(shop)

    assert_all_went_back(shop, client, checkout, paid)


def test_what_came_back_from_the_dashboard_before_is_not_taken_off(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    made = shop.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=2500)
    shop.sandbox.control(f"/refunds/{made['id']}/status", status="failed")
    client.post(f"/booking/{booking['id']}/cancel", json={})

    ask_all(shop)

    assert (amounts(shop), at_stripe(shop, checkout)) == ([("cancelled", "succeeded", 7500)], 7500)


@pytest.mark.parametrize("part", [2500, 7500])
def test_where_the_dashboard_s_fails_afterwards_the_operator_is_told_what_is_owed_anew(
    shop: Shop, client: Person, coach: Person, part: int
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    made = shop.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=part)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    ask_all(shop)
    assert client.payment(checkout)["status"] == "refunded"

    shop.sandbox.control(f"/refunds/{made['id']}/status", status="failed")
    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    assert client.payment(checkout)["amount_refunded"] == 75 - part / 100
    assert len(shop.ops_mails()) == len(shop.mails("refund_failed")) == 1
