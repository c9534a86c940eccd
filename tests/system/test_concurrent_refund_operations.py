"""A refund that failed, retried by several presses at the same moment, is paid once; the others are told."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.people import Checkout, Person
from tests.stack import Stack
from tests.system.operations import KEYS, PRESSES, look, outcomes, pressed
from tests.system.outcomes import confirmed
from tests.waiting import wait_until


@pytest.fixture
def checkout(stack: Stack, client: Person, coach: Person) -> Checkout:
    """Of a session that is paid."""
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.pays(checkout)
    confirmed(client, booking)
    return checkout


def refunds(client: Person, checkout: Checkout, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.payment(checkout)["refunds"]
    return [refund for refund in found if refund["status"] == status]


@pytest.fixture
def failed(stack: Stack, client: Person, coach: Person, checkout: Checkout) -> dict[str, Any]:
    """A refund of 20 that succeeded at Stripe, and failed after all."""
    wish = {"amount": 20, "reason": "a kindness"}
    assert coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish).status_code == 202
    (refund,) = wait_until(lambda: refunds(client, checkout, "succeeded"))
    stack.sandbox.control(f"/refunds/{refund['stripe_refund_id']}/status", status="failed")
    (refund,) = wait_until(lambda: refunds(client, checkout, "failed"))
    return refund


def at_stripe(stack: Stack, client: Person, checkout: Checkout) -> list[str]:
    """How the payment's refunds stand there."""
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    key = {"Authorization": "Bearer sk_test_sandbox"}
    path = f"{stack.sandbox.stripe_url}/v1/refunds?payment_intent={intent}"
    return sorted(refund["status"] for refund in stack.sandbox.http.get(path, headers=key).json()["data"])


@pytest.mark.parametrize("keys", KEYS)
def test_of_three_who_retry_a_failed_refund_at_once_one_pays_and_two_are_told(
    stack: Stack, client: Person, admin: Person, checkout: Checkout, failed: dict[str, Any], keys: str
) -> None:
    path = f"/admin/refund/{failed['id']}/retry"

    answers = pressed(admin, path, {"reason": "the client has a new card"}, keys)

    told = outcomes(answers)
    assert told.count("202") == 1, told
    others = {"again", "request-in-flight"} if keys == "one key" else {"refund-followed"}
    assert set(told) - {"202"} <= others, told
    (follower,) = {answer.json()["id"] for answer in answers if answer.is_success}
    named = {answer.json().get("refund_id") for answer in answers if answer.status_code == 409}
    assert named <= ({None} if keys == "one key" else {follower})
    wait_until(lambda: refunds(client, checkout, "succeeded"))
    assert client.payment(checkout)["amount_refunded"] == 20.0
    assert at_stripe(stack, client, checkout) == ["failed", "succeeded"]
    rows = "SELECT follows_id::text FROM refund WHERE payment_id = :id AND follows_id IS NOT NULL"
    assert look(stack, rows, id=checkout["payment_id"]) == [(failed["id"],)]


def test_a_retry_pressed_again_later_names_the_refund_that_was_made(
    client: Person, admin: Person, checkout: Checkout, failed: dict[str, Any]
) -> None:
    path = f"/admin/refund/{failed['id']}/retry"
    first = admin.post(path, json={}, headers={"Idempotency-Key": "first"})
    wait_until(lambda: refunds(client, checkout, "succeeded"))

    again = admin.post(path, json={}, headers={"Idempotency-Key": "first"})
    anew = admin.post(path, json={}, headers={"Idempotency-Key": "second"})
    without = admin.post(path, json={"reason": "once more"})

    assert (first.status_code, first.json()["follows_id"]) == (202, failed["id"])
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (
        202,
        first.content,
        "true",
    )
    for refused in (anew, without):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/refund-followed")
        assert refused.json()["refund_id"] == first.json()["id"]
        assert first.json()["id"] in refused.json()["detail"]
    assert client.payment(checkout)["amount_refunded"] == 20.0


def test_a_follower_that_fails_too_is_followed_in_its_turn(
    stack: Stack, client: Person, admin: Person, checkout: Checkout, failed: dict[str, Any]
) -> None:
    second = admin.post(f"/admin/refund/{failed['id']}/retry", json={}).json()
    (made,) = wait_until(lambda: refunds(client, checkout, "succeeded"))
    stack.sandbox.control(f"/refunds/{made['stripe_refund_id']}/status", status="failed")
    wait_until(lambda: len(refunds(client, checkout, "failed")) == 2)

    assert admin.post(f"/admin/refund/{failed['id']}/retry", json={}).status_code == 409
    third = admin.post(f"/admin/refund/{second['id']}/retry", json={})

    assert (third.status_code, third.json()["follows_id"]) == (202, second["id"])
    wait_until(lambda: refunds(client, checkout, "succeeded"))
    assert client.payment(checkout)["amount_refunded"] == 20.0


def test_the_database_itself_refuses_a_second_follower(
    stack: Stack, admin: Person, failed: dict[str, Any]
) -> None:
    follower = admin.post(f"/admin/refund/{failed['id']}/retry", json={}).json()["id"]
    columns = "payment_id, booking_id, cause, amount_minor, currency, status, reason, attempts, due_at"
    copy = text(
        f"INSERT INTO refund (id, follows_id, stripe_failures, {columns})"
        f" SELECT gen_random_uuid(), follows_id, 0, {columns} FROM refund WHERE id = :id"
    )

    with pytest.raises(IntegrityError, match="uq_refund_follows_id"), stack.database.begin() as connection:
        connection.execute(copy, {"id": follower})


@pytest.mark.parametrize("keys", KEYS)
def test_of_three_who_discard_a_refund_at_once_one_does(
    stack: Stack, client: Person, coach: Person, admin: Person, checkout: Checkout, keys: str
) -> None:
    stack.sandbox.control("/faults", path="/v1/refunds", method="POST", status=503, times=50)
    answer = coach.post(f"/payment/{checkout['payment_id']}/refund", json={"reason": "a kindness"})
    refund_id = answer.json()["id"]
    tried = "SELECT 1 FROM refund WHERE id = :id AND attempts > 0 AND lease_expires_at IS NULL"
    wait_until(lambda: look(stack, tried, id=refund_id))

    reason = {"reason": "paid by bank transfer"}
    told = outcomes(pressed(admin, f"/admin/refund/{refund_id}/discard", reason, keys))

    assert told.count("200") == 1, told
    others = {"again", "request-in-flight"} if keys == "one key" else {"nothing-to-do"}
    assert set(told) - {"200"} <= others, told
    entries = "SELECT 1 FROM audit_entry WHERE subject = :id AND action = 'refund.discard'"
    assert len(look(stack, entries, id=f"refund:{refund_id}")) == 1


@pytest.mark.parametrize("keys", KEYS)
def test_refunds_by_hand_at_once_give_no_more_than_there_is(
    stack: Stack, client: Person, coach: Person, checkout: Checkout, keys: str
) -> None:
    """Two partial refunds may both be meant; without one key they are bounded by what is left."""
    wish = {"amount": 30, "reason": "a kindness"}

    told = outcomes(pressed(coach, f"/payment/{checkout['payment_id']}/refund", wish, keys))

    assert len(told) == PRESSES
    if keys == "one key":
        assert told.count("202") == 1, told
        given = 30.0
    else:
        assert told == ["202", "202", "invalid"]
        given = 60.0
    wait_until(lambda: client.payment(checkout)["amount_refunded"] == given)
    assert len(at_stripe(stack, client, checkout)) == given / 30


@pytest.mark.parametrize("keys", KEYS)
def test_all_of_it_by_hand_at_once_goes_back_once(
    client: Person, coach: Person, checkout: Checkout, keys: str
) -> None:
    told = outcomes(
        pressed(coach, f"/payment/{checkout['payment_id']}/refund", {"reason": "a kindness"}, keys)
    )

    assert told.count("202") == 1, told
    others = {"again", "request-in-flight"} if keys == "one key" else {"not-refundable"}
    assert set(told) - {"202"} <= others, told
    wait_until(lambda: client.payment(checkout)["status"] == "refunded")
