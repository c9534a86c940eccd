"""What a coach owes us, as more went back than was earned: listed, told, and settled by later earnings."""

from typing import Any

import pytest

from app.money.money import Money
from app.payments.stripe import balance as at_stripe
from tests.payments.disputes.opened_disputes import decided, disputed, hears, word_of
from tests.payments.earnings.coach_earnings import (
    deliver_events,
    issued,
    pays_out,
    refunded,
    standing,
    take_place,
)
from tests.payments.ledger.coach_debts import debts, paid_out, pays_900
from tests.people import PASSWORD, Checkout, Person, next_week
from tests.shop import Shop, changed


def test_before_the_session_nothing_is_paid_out_so_that_a_favour_to_a_friend_costs_nobody(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = pays_900(shop, client, coach)

    assert pays_out(admin, coach, 800).status_code == 422
    refunded(shop, coach, checkout, amount=900)

    assert standing(coach) == (-1375, 0, 0, 1375)


def test_a_refund_after_the_payout_makes_a_debt_that_is_listed_and_told(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    assert debts(admin) == []

    refunded(shop, coach, checkout, amount=900)

    assert standing(coach) == (-81375, 0, 0, 81375)
    assert debts(admin) == [(coach.id, 813.75, "EUR")]
    (told,) = shop.ops_mails()
    assert "owes us 813.75 EUR" in told
    (mail,) = shop.mails("needs_attention")
    assert "/admin/debt\n" in mail.text_body
    assert "the coach owes 813.75 EUR" in pays_out(admin, coach, 1, reference="more").json()["detail"]


def test_one_that_grows_is_told_again_and_one_that_shrinks_is_not(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    refunded(shop, coach, checkout, amount=300)
    assert "owes us 213.75 EUR" in shop.ops_mails()[0]

    refunded(shop, coach, checkout, amount=100)
    (grown,) = shop.ops_mails()
    assert "owes us 313.75 EUR, after 213.75 EUR" in grown
    assert len(shop.mails("needs_attention")) == 2

    assert pays_out(admin, coach, -113.75, reference="paid back").status_code == 201
    shop.ops_mails()
    assert debts(admin) == [(coach.id, 200.0, "EUR")]
    assert len(shop.mails("needs_attention")) == 2


def test_what_is_earned_later_settles_it_first(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    refunded(shop, coach, checkout, amount=900)

    pays_900(shop, client, coach)
    assert debts(admin) == []
    owed = 90000 - 1375 - 81375
    assert standing(coach) == (owed, 0, owed, 0)
    take_place()

    assert standing(coach) == (owed, owed, 0, 0)
    assert pays_out(admin, coach, 72.51, reference="too much").status_code == 422
    assert pays_out(admin, coach, 72.50, reference="the rest").status_code == 201


def test_a_debt_of_old_is_not_covered_by_money_for_sessions_to_come(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin, amount=886.25)
    refunded(shop, coach, checkout, amount=300)
    assert debts(admin) == [(coach.id, 300.0, "EUR")]

    pays_900(shop, client, coach)

    assert standing(coach)[1] == 0


def test_what_came_back_settles_it(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    checkout = paid_out(shop, client, coach, admin)
    refunded(shop, coach, checkout, amount=900)

    assert pays_out(admin, coach, -813.75, reference="the coach paid").status_code == 201

    assert (debts(admin), standing(coach)) == ([], (0, 0, 0, 0))


def test_a_dispute_that_is_lost_after_the_payout_makes_one_and_won_after_all_it_is_settled(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    dispute = disputed(shop, client, checkout)
    decided(shop, dispute, "lost")

    hears(shop, checkout)

    ((_, lost, _),) = debts(admin)
    assert lost >= 813.75  # and what the bank keeps for handling it
    assert any(f"owes us {lost:.2f} EUR" in what for what in shop.ops_mails())
    shop.deliver_event(_won(shop, checkout))
    assert debts(admin) == []


def _won(shop: Shop, checkout: Checkout) -> dict[str, Any]:
    """The last word of a dispute, as if the bank had found for us on appeal, and gave all back."""
    last = word_of(shop, checkout, "closed")[-1]
    taken = last["data"]["object"]["balance_transactions"]
    back = [{**each, "amount": -each["amount"], "fee": -each["fee"]} for each in taken]
    return changed(last, status="won", balance_transactions=[*taken, *back])


def test_a_refund_in_stripes_dashboard_makes_one_too(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)

    deliver_events(shop, shop.refunds_by_hand(checkout, 50000))

    assert debts(admin) == [(coach.id, 413.75, "EUR")]
    assert "owes us 413.75 EUR" in shop.ops_mails()[0]


def test_a_refund_that_fails_later_settles_it(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    (created,) = shop.refunds_by_hand(checkout, 50000)
    shop.deliver_event(created)
    assert debts(admin)

    shop.deliver_event(created, status="failed", failure_reason="lost_or_stolen_card")

    assert debts(admin) == []


def test_each_currency_has_its_own(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    checkout = paid_out(shop, client, coach, admin)
    coach.open_for_business(currency="JPY", hourly_rate=90_000)
    shop.pays_for(client, coach)
    refunded(shop, coach, checkout, amount=900)

    assert debts(admin) == [(coach.id, 813.75, "EUR")]
    assert [each["currency"] for each in coach.get("/coach/me/earnings").json()["totals"]] == ["EUR", "JPY"]


def test_fees_in_the_currency_that_stripe_settles_in_are_listed_and_told_to_nobody(
    shop: Shop, client: Person, coach: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach.open_for_business(currency="JPY", hourly_rate=90_000)
    _, checkout = shop.pays_for(client, coach)
    fee = at_stripe.Fee("ch_1", None, "card", "txn_1", Money(1375, "EUR"), Money(50_000, "EUR"))
    monkeypatch.setattr(at_stripe, "of_intent", lambda _: fee)
    shop.settles(checkout)

    assert debts(admin) == [(coach.id, 13.75, "EUR")]
    assert shop.ops_mails() == []


def test_a_coach_whose_account_is_deactivated_owes_it_still(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    why = {"reason": "a quarrel"}
    assert admin.post(f"/admin/account/{coach.id}/deactivate", json=why).status_code == 200

    wish = {"amount": 900, "reason": "by us"}
    assert admin.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202
    issued(shop)

    assert debts(admin) == [(coach.id, 813.75, "EUR")]
    (found,) = admin.get("/admin/debt").json()["items"]
    assert (found["email"], found["erased_at"]) == (coach.email, None)


def test_a_coach_who_leaves_with_a_debt_is_named_to_the_operator_for_the_last_time(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin)
    refunded(shop, coach, checkout, amount=900)
    name = coach.get("/auth/me").json()["name"]

    assert coach.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    (mail,) = shop.mails("coach_left")
    assert "owes us 813.75 EUR" in mail.subject
    assert name in mail.text_body
    assert coach.email in mail.text_body
    assert "Pay out" not in mail.text_body
    (left,) = admin.get("/admin/erased-coach").json()["items"]
    assert (left["owed"], left["debts"][0]["amount"], left["coach_id"]) == ([], 813.75, coach.id)
    (row,) = admin.get("/admin/debt").json()["items"]
    assert row["erased_at"]
    assert pays_out(admin, coach, -813.75, reference="paid back").status_code == 201
    assert admin.get("/admin/erased-coach").json()["items"] == debts(admin) == []


def test_who_leaves_while_a_refund_is_on_its_way_is_said_to_owe_what_it_will_make(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    paid_out(shop, client, coach, admin, amount=886.25)
    client.books(coach, next_week(14))
    checkout = pays_900(shop, client, coach)  # a session to come, which leaving cancels

    assert coach.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    (mail,) = shop.mails("coach_left")
    assert "owes us 13.75 EUR" in mail.subject
    (left,) = admin.get("/admin/erased-coach").json()["items"]
    assert (left["owed"], left["debts"][0]["amount"]) == ([], 13.75)
    issued(shop)
    assert client.payment(checkout)["amount_refunded"] == 900
    assert debts(admin) == [(coach.id, 13.75, "EUR")]


def test_who_leaves_with_nothing_owed_is_named_as_well_while_a_bank_may_ask_money_back(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    checkout = paid_out(shop, client, coach, admin, amount=886.25)

    assert coach.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    (mail,) = shop.mails("coach_left")
    assert "Clients paid 900.00 EUR within the last 120 days" in mail.text_body
    assert admin.get("/admin/erased-coach").json()["items"] == []
    decided(shop, disputed(shop, client, checkout), "lost")
    hears(shop, checkout)
    ((who, amount, _),) = debts(admin)
    assert (who, amount >= 900) == (coach.id, True)
    assert coach.id in mail.text_body


def test_who_leaves_and_never_sold_anything_is_named_to_nobody(shop: Shop, coach: Person) -> None:
    assert coach.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    assert shop.mails("coach_left") == []
