"""Debts in several currencies: each is told, paid back in parts and settled by itself."""

import pytest

from app.bookings.models import Booking
from tests.payments.earnings.coach_earnings import pays_out, refunded, take_place
from tests.payments.ledger.coach_debts import debts
from tests.people import PASSWORD, Checkout, Person
from tests.shop import Shop

RATES = {"EUR": 900, "JPY": 90_000, "KWD": 300, "ISK": 90_000}


def sells(shop: Shop, client: Person, coach: Person, *currencies: str) -> list[Checkout]:
    """A session in each currency that took place."""
    made = []
    for currency in currencies:
        coach.open_for_business(hourly_rate=RATES[currency], currency=currency)
        booking, checkout = shop.pays_for(client, coach)
        take_place(booking, ago=f"{len(shop.rows(Booking))} days")
        made.append(checkout)
    return made


def owe(shop: Shop, client: Person, coach: Person, admin: Person, *currencies: str) -> None:
    """What was paid out of each session goes back to the client: what was earned in each is owed to us."""
    for currency, checkout in zip(currencies, sells(shop, client, coach, *currencies), strict=True):
        assert (
            pays_out(admin, coach, RATES[currency], currency=currency, reference=currency).status_code == 201
        )
        refunded(shop, coach, checkout)


def owed_by(coach: Person, **amounts: float) -> list[tuple[str, float, str]]:
    return sorted((coach.id, amount, currency) for currency, amount in amounts.items())


def leaves(coach: Person) -> None:
    assert coach.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204


@pytest.mark.parametrize("has_left", [False, True])
def test_each_is_told_and_paid_back_in_parts_by_itself(
    shop: Shop, client: Person, coach: Person, admin: Person, has_left: bool
) -> None:
    owe(shop, client, coach, admin, "EUR", "JPY", "ISK")
    told = shop.ops_mails()
    for amount in ("900.00 EUR", "90,000 JPY", "90,000 ISK"):
        assert sum(f"owes us {amount}" in what for what in told) == 1
    if has_left:
        leaves(coach)

    assert pays_out(admin, coach, -100.5, reference="a part").status_code == 201
    assert pays_out(admin, coach, -90_000, currency="JPY", reference="all").status_code == 201

    assert sorted(debts(admin)) == owed_by(coach, EUR=799.5, ISK=90_000)
    assert pays_out(admin, coach, -799.5, reference="the rest").status_code == 201
    assert pays_out(admin, coach, -90_000, currency="ISK", reference="the krona").status_code == 201
    assert debts(admin) == []


def test_of_a_coach_who_leaves_the_mail_names_each_debt_and_what_is_owed_besides(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    owe(shop, client, coach, admin, "EUR", "KWD")
    sells(shop, client, coach, "JPY")
    assert pays_out(admin, coach, -50, reference="a part").status_code == 201

    leaves(coach)

    (mail,) = shop.mails("coach_left")
    for amount in ("850.00 EUR", "300.000 KWD"):
        assert amount in mail.subject
        assert amount in mail.text_body
    assert "90,000 JPY" in mail.text_body
    (left,) = admin.get("/admin/erased-coach").json()["items"]
    assert [(each["amount"], each["currency"]) for each in left["owed"]] == [(90_000, "JPY")]
    assert [(each["amount"], each["currency"]) for each in left["debts"]] == [(850.0, "EUR"), (300.0, "KWD")]


def test_what_is_earned_in_one_settles_no_debt_in_another(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    owe(shop, client, coach, admin, "EUR")
    sells(shop, client, coach, "JPY")
    assert debts(admin) == owed_by(coach, EUR=900)

    assert pays_out(admin, coach, 90_000, currency="JPY", reference="yen").status_code == 201
    assert pays_out(admin, coach, 1, reference="euro").status_code == 422

    sells(shop, client, coach, "EUR")
    assert debts(admin) == []
