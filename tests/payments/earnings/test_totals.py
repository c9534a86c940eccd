"""What came in and what went out for a coach, and what is left."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.payments.ledger import stripe_fees
from app.payments.ledger.posting import Entry
from app.payments.models import Refund
from tests.history import rewrite
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.payments.earnings.coach_earnings import deliver_events, earnings, fee_of, figures, settled
from tests.people import Person, next_week
from tests.shop import Commission, Shop


def test_who_has_sold_nothing_has_earned_nothing(coach: Person) -> None:
    assert earnings(coach) == []


def test_net_is_what_was_paid_less_stripes_fee_and_our_commission(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("12.5")

    checkout = settled(shop, client, coach)

    (totals,) = earnings(coach)
    fee = fee_of(shop, checkout)
    assert figures(totals) == (7500, 0, 0, fee, 938, 7500 - fee - 938)
    assert (totals["currency"], totals["gross"], totals["commission"]) == ("EUR", 75.0, 9.38)


def test_what_is_not_paid_is_not_earned(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    shop.paid(checkout)  # and Stripe's word of it is still on its way

    assert earnings(coach) == []


def test_commission_goes_back_in_proportion_and_stripes_fee_does_not(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = settled(shop, client, coach)
    fee = fee_of(shop, checkout)

    deliver_events(shop, shop.refunds_by_hand(checkout, 2500))
    assert figures(*earnings(coach)) == (7500, 2500, 0, fee, 500, 4500 - fee)

    deliver_events(shop, shop.refunds_by_hand(checkout, 5000))
    assert figures(*earnings(coach)) == (7500, 7500, 0, fee, 0, -fee)


def test_a_refund_that_fails_later_is_earned_again(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    _, checkout = shop.pays_for(client, coach)
    deliver_events(shop, shop.refunds_by_hand(checkout))
    assert figures(*earnings(coach)) == (7500, 7500, 0, 0, 0, 0)
    (refund,) = shop.rows(Refund)

    shop.sandbox.control(f"/refunds/{refund.stripe_refund_id}/status", status="failed")
    deliver_events(shop, shop.events(checkout, "refund."))

    assert figures(*earnings(coach)) == (7500, 0, 0, 0, 750, 6750)


@pytest.mark.parametrize(
    ("verdict", "figures_then"),
    [
        ({"verdict": "lost"}, (7500, 0, 7500, 1500, 0, -1500)),
        ({"verdict": "won"}, (7500, 0, 0, 0, 750, 6750)),
        ({"verdict": "won", "keep_fee": True}, (7500, 0, 0, 1500, 750, 5250)),
    ],
)
def test_what_a_dispute_takes_is_lost_with_our_commission_until_it_is_won_and_its_fee_with_it(
    shop: Shop,
    client: Person,
    coach: Person,
    commission: Commission,
    verdict: dict[str, Any],
    figures_then: tuple[int, ...],
) -> None:
    commission("10")
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    hears(shop, checkout)
    assert figures(*earnings(coach)) == (7500, 0, 7500, 1500, 0, -1500)

    shop.sandbox.control(f"/disputes/{dispute['id']}/close", **verdict)
    hears(shop, checkout)

    assert figures(*earnings(coach)) == figures_then


def test_a_dispute_of_a_part_takes_its_part_of_the_commission(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))

    disputed(shop, client, checkout, amount=7500)
    hears(shop, checkout)

    assert figures(*earnings(coach)) == (22500, 0, 7500, 1500, 1500, 12000)
    assert figures(*earnings(coach, booking_id=series["items"][0]["id"])) == (7500, 0, 0, 500, 750, 6250)


def test_another_percentage_later_does_not_rewrite_what_was_agreed(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("10")
    checkout = client.checks_out(client.books(coach))
    commission("50")
    shop.deliver_event(shop.paid(checkout))

    assert earnings(coach)[0]["commission"] == 7.5


@pytest.mark.parametrize(
    ("currency", "rate", "gross", "ours"),
    [
        ("JPY", 7550, 7550, 755),
        ("KWD", 23.45, 23450, 2350),
        ("ISK", 10_155, 1_015_500, 101_600),
        ("HUF", 30_001.5, 3_000_150, 300_015),
    ],
)
def test_it_holds_in_currencies_of_every_kind(
    shop: Shop,
    client: Person,
    coach: Person,
    commission: Commission,
    currency: str,
    rate: float,
    gross: int,
    ours: int,
) -> None:
    commission("10")
    coach.open_for_business(currency=currency, hourly_rate=rate)
    checkout = settled(shop, client, coach)
    fee = fee_of(shop, checkout)
    assert figures(*earnings(coach)) == (gross, 0, 0, fee, ours, gross - fee - ours)

    deliver_events(shop, shop.refunds_by_hand(checkout))

    assert figures(*earnings(coach)) == (gross, gross, 0, fee, 0, -fee)


def test_whatever_the_order_of_stripes_words_the_books_are_the_same(
    shop: Shop, client: Person, coach: Person, commission: Commission
) -> None:
    commission("7")
    checkout = client.checks_out(client.books(coach))
    words = [[shop.paid(checkout)], [shop.settlement(checkout)], shop.refunds_by_hand(checkout, 2501)]
    found = set()

    for order in permutations(words):
        savepoint = db.session.begin_nested()
        for word in [*order, *order]:
            deliver_events(shop, word)
            shop.work(stripe_fees.look_up, UUID(checkout["payment_id"]))
        found.add(figures(*earnings(coach)))
        savepoint.rollback()

    fee = 138
    assert found == {(7500, 2501, 0, fee, 350, 7500 - 2501 - fee - 350)}


def test_what_an_older_version_left_out_is_entered_with_the_fee(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    rewrite("DELETE FROM ledger_entry")

    shop.settles(checkout)

    fee = fee_of(shop, checkout)
    assert figures(*earnings(coach)) == (7500, 0, 0, fee, 0, 7500 - fee)


def test_each_currency_has_its_own_totals(shop: Shop, client: Person, coach: Person) -> None:
    settled(shop, client, coach)
    coach.open_for_business(currency="JPY", hourly_rate=8000)
    other = Person.registered(client.http, "client")
    shop.deliver_event(shop.paid(other.checks_out(other.books(coach, next_week(15)))))

    assert [(each["currency"], each["gross"]) for each in earnings(coach)] == [("EUR", 75.0), ("JPY", 8000.0)]


def test_a_fee_in_the_currency_that_stripe_settles_in_stands_apart(
    shop: Shop, client: Person, coach: Person
) -> None:
    checkout = settled(shop, client, coach)
    fee = fee_of(shop, checkout)
    rewrite("UPDATE ledger_entry SET currency = 'USD' WHERE kind = 'fee'")

    assert [(each["currency"], *figures(each)) for each in earnings(coach)] == [
        ("EUR", 7500, 0, 0, 0, 0, 7500),
        ("USD", 0, 0, 0, fee, 0, -fee),
    ]


def test_from_and_to_are_days_by_the_coachs_clock_both_included(
    shop: Shop, client: Person, coach: Person
) -> None:
    shop.pays_for(client, coach)
    (entry,) = shop.rows(Entry)
    day, before, after = entry.day, entry.day - timedelta(days=1), entry.day + timedelta(days=1)

    assert abs(day - datetime.now(UTC).date()) <= timedelta(days=1)
    assert len(earnings(coach, **{"from": str(day), "to": str(day)})) == 1
    assert earnings(coach, to=str(before)) == earnings(coach, **{"from": str(after)}) == []


@pytest.mark.parametrize("query", [{"from": "2026-13-01"}, {"from": "2026-02-02", "to": "2026-02-01"}])
def test_days_that_are_none_are_refused(coach: Person, query: dict[str, str]) -> None:
    assert coach.get("/coach/me/earnings", params=query).status_code == 422


def test_nobody_sees_what_another_earned(shop: Shop, client: Person, coach: Person) -> None:
    booking, _ = shop.pays_for(client, coach)
    other = Person.registered(client.http, "coach", "UTC")

    assert client.get("/coach/me/earnings").status_code == 403
    assert earnings(other, booking_id=booking["id"]) == []


@pytest.mark.parametrize(
    "change_of_books",
    ["UPDATE ledger_entry SET amount_minor = 1", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"],
)
def test_nobody_changes_the_books(shop: Shop, client: Person, coach: Person, change_of_books: str) -> None:
    settled(shop, client, coach)
    before = earnings(coach)

    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(change_of_books))

    assert earnings(coach) == before
