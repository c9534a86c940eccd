"""A bank takes days to answer: what becomes of the sessions that wait for it meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.checkout import expiry
from app.payments.models import Refund
from tests.payments.scenarios import DEBIT, FAILING_DEBIT
from tests.people import Checkout, Person
from tests.shop import Event, Shop, prove


def statuses(client: Person, series: dict[str, Any]) -> list[str]:
    return [booking["status"] for booking in client.get(f"/booking/series/{series['id']}").json()["items"]]


def cancels(person: Person, booking: dict[str, Any]) -> None:
    assert person.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200


def given_back(shop: Shop) -> list[tuple[str, int]]:
    return [(str(refund.booking_id), refund.amount_minor) for refund in shop.rows(Refund)]


def debited(shop: Shop, checkout: Checkout, iban: str = DEBIT) -> None:
    """The payer gives the bank an order, and we hear of it."""
    shop.sandbox.debits(checkout, iban)
    for event in shop.events(checkout):
        shop.deliver_event(event)


def answers(shop: Shop, checkout: Checkout, outcome: str) -> None:
    """The bank has done what it was asked, or not, and we hear of it."""
    known = shop.events(checkout)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome=outcome)
    for event in _news(shop, checkout, known):
        shop.deliver_event(event)


def _news(shop: Shop, checkout: Checkout, known: list[Event]) -> list[Event]:
    return [event for event in shop.events(checkout) if event not in known]


def begins(booking: dict[str, Any]) -> None:
    hour = "tstzrange(now() - interval '1 minute', now() + interval '59 minutes')"
    db.session.execute(
        text(f"UPDATE booking SET period = {hour}, busy = {hour} WHERE id = :id"),
        {"id": booking["id"]},
    )
    db.session.commit()


def runs_out(shop: Shop, booking: dict[str, Any]) -> None:
    """Its hold ends, should it not have been kept for longer than any payment page lasts."""
    db.session.execute(
        text(
            "UPDATE booking SET hold_expires_at = now() - interval '1 second'"
            " WHERE id = :id AND hold_expires_at < now() + interval '1 day'"
        ),
        {"id": booking["id"]},
    )
    db.session.commit()
    shop.work(expiry.release, UUID(booking["id"]))


def test_of_a_series_that_began_before_the_bank_answered_the_rest_is_confirmed(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    debited(shop, checkout)
    begins(series["items"][0])

    answers(shop, checkout, "succeeded")

    assert statuses(client, series) == ["expired", "confirmed", "confirmed"]
    assert given_back(shop) == [(series["items"][0]["id"], 7500)]


def test_one_cancelled_while_the_bank_is_at_work_leaves_the_others_waiting_for_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    debited(shop, checkout)
    cancels(client, series["items"][0])

    answers(shop, checkout, "succeeded")

    assert statuses(client, series) == ["cancelled", "confirmed", "confirmed"]
    assert given_back(shop) == [(series["items"][0]["id"], 7500)]


def test_when_the_bank_refuses_nothing_of_the_series_stays_held(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    debited(shop, checkout, FAILING_DEBIT)
    cancels(client, series["items"][0])

    answers(shop, checkout, "failed")

    assert statuses(client, series) == ["cancelled", "expired", "expired"]


def test_one_cancelled_just_before_we_hear_of_the_debit_leaves_the_others_their_time(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.sandbox.debits(checkout, DEBIT)
    cancels(client, series["items"][0])
    for event in shop.events(checkout):
        shop.deliver_event(event)

    for booking in series["items"]:
        runs_out(shop, booking)

    assert statuses(client, series) == ["cancelled", "pending", "pending"]
    answers(shop, checkout, "succeeded")
    assert statuses(client, series) == ["cancelled", "confirmed", "confirmed"]


def in_days(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


@pytest.mark.parametrize("days", [5, 10], ids=["unproven", "proven"])
def test_a_bank_that_does_not_answer_keeps_no_series_for_weeks(
    shop: Shop, client: Person, coach: Person, days: int
) -> None:
    if days == 10:
        prove(client)
    series = client.books_series(coach, 5)
    debited(shop, client.checks_out(series))

    first, *others = client.get(f"/booking/series/{series['id']}").json()["items"]

    until = [datetime.fromisoformat(booking["hold_expires_at"]) for booking in (first, *others)]
    assert until[0] == min(datetime.fromisoformat(first["session_datetime"]), until[1])
    assert [abs(each - in_days(days)) < timedelta(minutes=5) for each in until[1:]] == [True] * 4


def test_what_the_bank_was_too_slow_for_is_free_and_goes_to_whoever_pays_first(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    debited(shop, checkout)
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
    db.session.commit()
    for booking in series["items"]:
        shop.work(expiry.release, UUID(booking["id"]))
    assert statuses(client, series) == ["expired"] * 3
    assert client.payment(checkout)["status"] == "processing"
    Person.registered(client.http, "client").books(coach)  # the first of its times

    answers(shop, checkout, "succeeded")

    assert statuses(client, series) == ["expired", "confirmed", "confirmed"]
    assert given_back(shop) == [(series["items"][0]["id"], 7500)]
