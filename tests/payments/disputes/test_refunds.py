"""Refunds that are wanted while a bank has its hand on the money, however that ends."""

from typing import Any

import pytest

from app.payments.models import Refund
from app.payments.refunds import submission
from app.payments.stripe import refunds as at_stripe
from tests.payments.disputes.opened_disputes import (
    cancelled,
    cancelled_while_disputed,
    decided,
    disputed,
    hears,
    issue_all,
    mails,
    word_of,
)
from tests.people import Checkout, Person
from tests.shop import Shop


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
    shop.work(submission.issue, refund.id)

    assert ended(shop) == [("canceled", 7500)]
    assert shop.ops_mails() == []
    assert shop.mails("refund_failed") == []


@pytest.fixture
def series(shop: Shop, client: Person, coach: Person) -> tuple[list[dict[str, Any]], Checkout]:
    """Three sessions that were paid for together, and their checkout."""
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    return series["items"], checkout


def wins_its_appeal(shop: Shop, checkout: Checkout, taken: int) -> None:
    """What was lost is won after all, and all of it comes back."""
    (closed,) = word_of(shop, checkout, "closed")
    moves = closed["data"]["object"]["balance_transactions"]
    shop.deliver_event(
        closed, status="won", balance_transactions=[*moves, {"amount": taken, "currency": "eur", "fee": 0}]
    )


def test_one_called_off_as_the_dispute_was_lost_is_owed_again_once_it_is_won(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout, dispute = cancelled_while_disputed(shop, client, coach)
    decided(shop, dispute, "lost")
    hears(shop, checkout)

    wins_its_appeal(shop, checkout, 7500)

    assert ended(shop) == [("canceled", 7500), ("pending", 7500)]
    told = mails(shop, "dispute_decided")[-1].text_body
    assert "Issued now, because it waited for the decision:\n  - the refund of 75.00 EUR" in told


def test_a_session_cancelled_while_its_dispute_was_lost_is_refunded_once_it_is_won(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)
    assert coach.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    assert ended(shop) == []

    wins_its_appeal(shop, checkout, 7500)

    assert ended(shop) == [("pending", 7500)]


def test_of_a_series_each_share_goes_back_once_in_all_whatever_was_lost_and_won(
    shop: Shop, client: Person, coach: Person, series: tuple[list[dict[str, Any]], Checkout]
) -> None:
    bookings, checkout = series
    dispute = disputed(shop, client, checkout, amount=10000)
    hears(shop, checkout)
    for booking in bookings[:2]:
        assert coach.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    decided(shop, dispute, "lost")
    hears(shop, checkout)
    issue_all(shop)
    assert ended(shop) == [("canceled", 7500), ("succeeded", 5000), ("succeeded", 7500)]

    wins_its_appeal(shop, checkout, 10000)

    assert ended(shop) == [("canceled", 7500), ("pending", 2500), ("succeeded", 5000), ("succeeded", 7500)]
    assert [line["left_minor"] for line in client.payment(checkout)["lines"]] == [0, 0, 7500]


def test_a_dispute_that_is_won_makes_no_refund_that_nobody_wants(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)

    wins_its_appeal(shop, checkout, 7500)

    assert ended(shop) == []


def gives_by_hand(coach: Person, checkout: Checkout, amount: int) -> None:
    wish = {"reason": "a kindness", "amount": amount}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202


def test_of_one_given_in_part_only_the_rest_is_owed_again_once_the_dispute_is_won(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout, amount=5000)
    hears(shop, checkout)
    gives_by_hand(coach, checkout, 60)
    decided(shop, dispute, "lost")
    hears(shop, checkout)
    assert ended(shop) == [("canceled", 6000), ("pending", 2500)]

    wins_its_appeal(shop, checkout, 5000)

    assert ended(shop) == [("canceled", 6000), ("pending", 2500), ("pending", 3500)]


def test_what_was_owed_again_once_is_owed_once_after_another_dispute(
    shop: Shop, client: Person, coach: Person
) -> None:
    """Lost and won twice: what is called off has one follower, whichever of the disputes it was."""
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    hears(shop, checkout)
    gives_by_hand(coach, checkout, 30)
    decided(shop, dispute, "lost")
    hears(shop, checkout)
    wins_its_appeal(shop, checkout, 7500)
    assert ended(shop) == [("canceled", 3000), ("pending", 3000)]
    (closed,) = word_of(shop, checkout, "closed")
    another = {"id": "du_another", "balance_transactions": closed["data"]["object"]["balance_transactions"]}

    shop.deliver_event(closed, **another, status="lost")
    assert ended(shop) == [("canceled", 3000), ("canceled", 3000)]
    back = {"amount": 7500, "currency": "eur", "fee": 0}
    another["balance_transactions"] = [*another["balance_transactions"], back]
    shop.deliver_event(closed, **another, status="won")

    assert ended(shop) == [("canceled", 3000), ("canceled", 3000), ("pending", 3000)]
