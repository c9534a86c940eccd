"""What an operator has paid out to a coach outside of Stripe, on record once and owed no more."""

from typing import Any

import pytest

from app.audit import AuditEntry
from app.payments.ledger.posting import Entry
from tests.payments.earnings.coach_earnings import earnings, pays_out, take_place
from tests.people import Person
from tests.shop import Shop


def figures(coach: Person) -> tuple[int, ...]:
    """Net, paid out, owed."""
    (totals,) = earnings(coach)
    return tuple(totals[f"{name}_minor"] for name in ("net", "paid_out", "owed"))


def test_what_was_paid_out_is_owed_no_more_and_the_statement_and_the_audit_log_say_so(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    shop.pays_for(client, coach)
    take_place()

    answer = pays_out(admin, coach, 50)

    assert (answer.status_code, answer.json()["amount_minor"]) == (201, 5000)
    assert figures(coach) == (7500, 5000, 2500)
    month = f"{shop.rows(Entry)[0].day:%Y-%m}"
    found = coach.get(f"/coach/me/statement/{month}").json()
    assert [(each["kind"], each["amount"], each["payment_id"]) for each in found["lines"]][1:] == [
        ("payout", -50.0, None)
    ]
    assert found["totals"][0]["closing"] == 25.0
    assert '"payout","","","","","50.00","EUR"' in coach.get(f"/coach/me/statement/{month}.csv").text
    logged = [(each.action, each.subject, each.reason) for each in shop.rows(AuditEntry)]
    assert ("payout.record", f"coach:{coach.id}", "50.00 EUR, SEPA 2031-01") in logged


def test_the_same_reference_is_the_same_payout(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    shop.pays_for(client, coach)
    take_place()
    pays_out(admin, coach, 25)

    assert pays_out(admin, coach, 25).json()["type"] == "/problems/paid-out-already"

    assert figures(coach) == (7500, 2500, 5000)


def test_what_came_back_is_owed_again(shop: Shop, client: Person, coach: Person, admin: Person) -> None:
    shop.pays_for(client, coach)
    take_place()
    pays_out(admin, coach, 75)

    assert pays_out(admin, coach, -75, reference="returned by the bank").status_code == 201

    assert figures(coach) == (7500, 0, 7500)


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"amount": 75.01}, "/amount"),
        ({"amount": 0}, "/amount"),
        ({"amount": 0.001}, "/amount"),
        ({"amount": -999_999_999}, "/amount"),
        ({"amount": 1, "currency": "JPY"}, "/amount"),
        ({"amount": 1, "currency": "XXX"}, "/currency"),
        ({"amount": 1, "reference": " "}, "/reference"),
    ],
)
def test_what_is_not_owed_cannot_have_been_paid_out(
    shop: Shop, client: Person, coach: Person, admin: Person, wish: dict[str, Any], pointer: str
) -> None:
    shop.pays_for(client, coach)
    take_place()

    answer = pays_out(admin, coach, **wish)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert figures(coach) == (7500, 0, 7500)


def test_only_an_admin_says_what_was_paid_out_and_only_to_a_coach(
    client: Person, coach: Person, admin: Person
) -> None:
    assert [pays_out(each, coach, 1).status_code for each in (client, coach)] == [403, 403]
    assert pays_out(admin, client, 1).status_code == 404
