"""Holds that run out, as the sweep finds them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from tests.people import Person, next_week
from tests.stack import Stack
from tests.system.outcomes import confirmed, settled
from tests.waiting import wait_until


def test_a_hold_that_ran_out_is_freed_and_its_page_closed(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    stack.run_out(booking)

    wait_until(lambda: client.booking(booking)["status"] == "expired")
    assert client.payment(checkout)["status"] == "expired"
    assert stack.sandbox.pays(checkout).status_code != 303


def test_a_hold_that_was_paid_in_its_last_moment_is_not_freed(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.control("/deliveries/rule", mode="hold")
    stack.sandbox.pays(checkout)
    stack.run_out(booking)
    wait_until(lambda: _asked_to_expire(stack, checkout))
    assert client.booking(booking)["status"] == "pending"

    stack.sandbox.control("/deliveries/release")

    confirmed(client, booking)


def test_a_late_payment_takes_the_time_back_when_it_is_free(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.control("/deliveries/rule", mode="hold")
    stack.sandbox.pays(checkout)
    _expire_behind_stripes_back(stack, booking)

    stack.sandbox.control("/deliveries/release")

    confirmed(client, booking)


def test_a_late_payment_goes_back_when_the_time_is_sold(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach, next_week())
    checkout = client.checks_out(booking)
    stack.sandbox.control("/deliveries/rule", mode="hold")
    stack.sandbox.pays(checkout)
    stack.run_out(booking)
    rival = Person.registered(stack.http, "client")
    rival.books(coach, next_week())

    stack.sandbox.control("/deliveries/release")
    stack.sandbox.control("/deliveries/rule", mode="normal")

    refunded = wait_until(lambda: (seen := client.payment(checkout))["status"] == "refunded" and seen)
    assert refunded["amount_refunded"] == 75.0
    assert [refund["status"] for refund in refunded["refunds"]] == ["succeeded"]
    settled(stack)
    mails = [mail for mail in stack.sandbox.mails_to(client.email) if "on its way back" in mail["subject"]]
    assert len(mails) == 1
    assert "the time was taken" in mails[0]["text"]
    assert client.booking(booking)["status"] == "expired"


def _expire_behind_stripes_back(stack: Stack, booking: dict[str, Any]) -> None:
    with stack.database.begin() as connection:
        connection.execute(
            text("UPDATE booking SET status = 'expired', hold_expires_at = NULL WHERE id = :id"),
            {"id": booking["id"]},
        )


def _asked_to_expire(stack: Stack, checkout: dict[str, Any]) -> bool:
    path = f"/v1/checkout/sessions/{checkout['session_id']}/expire"
    asked = stack.sandbox.http.get(f"{stack.sandbox.stripe_url}/_sandbox/requests", params={"path": path})
    return bool(asked.json()["requests"])


def test_a_hold_that_somebody_else_is_just_expiring_is_waited_for(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    rival = Person.registered(stack.http, "client")
    look = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    stack.run_out(booking)
    with ThreadPoolExecutor(1) as pool, stack.database.connect() as somebody_else:
        somebody_else.execute(text("SELECT FROM booking WHERE id = :id FOR UPDATE"), {"id": booking["id"]})
        wish = pool.submit(rival.wish, coach, next_week())
        wait_until(lambda: wish.done() or somebody_else.scalar(look))
        somebody_else.rollback()  # their own wish was refused, and so nothing became of it

    assert wish.result().status_code == 201
