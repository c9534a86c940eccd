"""What went back whole leaves its fees: a debt that is listed, and told where it is for more than those."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.payments.ledger.models import Payout
from tests.payments.disputes.opened_disputes import decided, disputed, hears
from tests.payments.earnings.coach_earnings import deliver_events, pays_out, refunded, take_place
from tests.payments.ledger.coach_debts import debts, paid_out, pays_900
from tests.people import Checkout, Person, next_week
from tests.shop import Shop

FEE = 13.75


def lost_to_the_bank(shop: Shop, client: Person, _coach: Person, checkout: Checkout) -> None:
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)


def refunded_whole(shop: Shop, _client: Person, coach: Person, checkout: Checkout) -> None:
    refunded(shop, coach, checkout, amount=900)


def refunded_in_parts(shop: Shop, _client: Person, coach: Person, checkout: Checkout) -> None:
    refunded(shop, coach, checkout, amount=300)
    deliver_events(shop, shop.refunds_by_hand(checkout, 20_000))
    refunded(shop, coach, checkout, amount=400)


def pays_later(shop: Shop, client: Person, coach: Person, days: int) -> Checkout:
    """A session of 900 on another day, paid; Stripe's fee is known."""
    checkout = client.checks_out(client.books(coach, next_week() + timedelta(days=days)))
    shop.deliver_event(shop.paid(checkout))
    shop.settles(checkout)
    return checkout


Goes = Callable[[Shop, Person, Person, Checkout], None]


@pytest.mark.parametrize("goes", [refunded_whole, refunded_in_parts, lost_to_the_bank])
def test_of_a_session_to_come_whose_money_goes_back_the_fee_is_listed_and_told_to_nobody(
    shop: Shop, client: Person, coach: Person, admin: Person, goes: Goes
) -> None:
    goes(shop, client, coach, pays_900(shop, client, coach))

    ((_, owed, _),) = debts(admin)
    assert owed in {FEE, FEE + 15}
    assert shop.ops_mails() == []


def test_nor_when_it_happens_again_and_again(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    coach.open_for_business(hourly_rate=900)
    for days in range(3):
        refunded(shop, coach, pays_later(shop, client, coach, days), amount=900)

    assert (debts(admin), shop.ops_mails()) == ([(coach.id, 3 * FEE, "EUR")], [])


def test_nor_to_a_coach_who_was_paid_out_for_others(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    paid_out(shop, client, coach, admin, amount=886.25)
    to_come = pays_900(shop, client, coach)
    assert pays_out(admin, coach, 1, reference="too early").status_code == 422

    refunded(shop, coach, to_come, amount=900)

    assert (debts(admin), shop.ops_mails()) == ([(coach.id, FEE, "EUR")], [])


def test_nor_when_it_was_paid_before_the_last_payout(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    pays_900(shop, client, coach)
    take_place(ago="5 days")
    to_come = pays_900(shop, client, coach)
    assert pays_out(admin, coach, 886.25).status_code == 201

    refunded(shop, coach, to_come, amount=900)

    assert (debts(admin), shop.ops_mails()) == ([(coach.id, FEE, "EUR")], [])


@pytest.mark.parametrize(("amount", "owed"), [(10, 10), (450, 450), (900, 900)])
def test_what_goes_back_of_a_session_that_was_paid_out_is_told(
    shop: Shop, client: Person, coach: Person, admin: Person, amount: int, owed: int
) -> None:
    refunded(shop, coach, pays_900(shop, client, coach), amount=900)  # its fee is settled by the next
    pays_later(shop, client, coach, days=1)
    last = pays_later(shop, client, coach, days=2)
    take_place(ago="5 days")
    assert pays_out(admin, coach, 2 * 900 - 3 * FEE).status_code == 201
    assert shop.ops_mails() == []

    refunded(shop, coach, last, amount=amount)

    assert [payout.amount_minor for payout in shop.rows(Payout)] == [175_875]
    assert debts(admin) == [(coach.id, owed, "EUR")]
    (told,) = shop.ops_mails()
    assert f"owes us {owed:.2f} EUR" in told
