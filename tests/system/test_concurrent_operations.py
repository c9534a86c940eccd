"""Each lever of an operator, pressed three times at the same moment: under one key, a key each, and none."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.people import Person
from tests.stack import Stack
from tests.system.operations import (
    KEYS,
    at_once,
    at_stripe,
    change,
    check,
    entries,
    look,
    operator,
    outcomes,
    paid,
    pressed,
    rests,
    sent_mail,
)
from tests.system.outcomes import DISPUTED, dispute_of
from tests.waiting import wait_until


def take_place(stack: Stack, coach: Person) -> None:
    """The coach's sessions ended a minute ago: what was paid for them is payable."""
    ended = "tstzrange(now() - interval '61 minutes', now() - interval '1 minute')"
    with stack.database.begin() as connection:
        past = text(f"UPDATE booking SET period = {ended}, busy = {ended} WHERE coach_id = :id")
        connection.execute(past, {"id": coach.id})


@pytest.mark.parametrize("keys", KEYS)
def test_a_payout_is_put_on_record_once(
    stack: Stack, client: Person, coach: Person, admin: Person, keys: str
) -> None:
    paid(stack, client, coach)
    take_place(stack, coach)
    wish = {"amount": 30, "currency": "EUR", "reference": "SEPA 2026-11"}

    told = outcomes(pressed(admin, f"/admin/coach/{coach.id}/payout", wish, keys))

    check(told, "201", keys, {"paid-out-already"})
    assert look(stack, "SELECT amount_minor FROM payout WHERE coach_id = :id", id=coach.id) == [(3000,)]
    assert entries(stack, "payout.record", f"coach:{coach.id}") == 1


def test_payouts_at_once_are_no_more_than_what_is_owed(
    stack: Stack, client: Person, coach: Person, admin: Person
) -> None:
    paid(stack, client, coach)
    take_place(stack, coach)
    path = f"/admin/coach/{coach.id}/payout"
    wishes = [{"amount": 50, "currency": "EUR", "reference": f"SEPA {number}"} for number in range(3)]

    answers = at_once([lambda wish=wish: admin.post(path, json=wish) for wish in wishes])  # type: ignore[misc]

    assert outcomes(answers) == ["201", "invalid", "invalid"]


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize(
    ("lever", "refused"), [("deactivate", "already-deactivated"), ("reactivate", "not-deactivated")]
)
def test_an_account_is_taken_out_of_use_and_brought_back_once(
    stack: Stack, client: Person, admin: Person, lever: str, refused: str, keys: str
) -> None:
    if lever == "reactivate":
        change(stack, "UPDATE account SET deactivated_at = now() WHERE id = :id", id=client.id)

    told = outcomes(pressed(admin, f"/admin/account/{client.id}/{lever}", {"reason": "asked"}, keys))

    check(told, "200", keys, {refused})
    assert entries(stack, f"account.{lever}", f"account:{client.id}") == 1


def event(stack: Stack, status: str) -> str:
    """One on record that nothing here depends on."""
    event_id = f"evt_{uuid4().hex}"
    payload = {"id": event_id, "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    change(
        stack,
        "INSERT INTO stripe_event"
        " (id, type, livemode, payload, status, attempts, due_at, received_at, request_id)"
        " VALUES (:id, 'customer.created', false, :payload, :status, 12, now(), now(), 'test')",
        id=event_id,
        payload=json.dumps(payload),
        status=status,
    )
    return event_id


@pytest.mark.parametrize("keys", KEYS)
def test_an_event_is_discarded_once(stack: Stack, admin: Person, keys: str) -> None:
    event_id = event(stack, "failed")

    told = outcomes(
        pressed(admin, f"/admin/stripe-event/{event_id}/discard", {"reason": "of an old shop"}, keys)
    )

    check(told, "200", keys, {"nothing-to-do"})
    assert entries(stack, "stripe_event.discard", f"stripe_event:{event_id}") == 1


@pytest.mark.parametrize("keys", KEYS)
def test_a_replayed_event_does_nothing_twice(
    stack: Stack, client: Person, coach: Person, admin: Person, keys: str
) -> None:
    checkout = paid(stack, client, coach)
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    about = "SELECT id FROM stripe_event WHERE payment_intent_id = :id AND type LIKE 'checkout.%'"
    finished = (
        f"{about} AND status IN ('processed', 'ignored')"  # the intent's own event may have been faster
    )
    ((event_id,),) = wait_until(lambda: look(stack, finished, id=intent))

    told = outcomes(pressed(admin, f"/admin/stripe-event/{event_id}/replay", {"reason": "mended"}, keys))

    assert told.count("202") == (1 if keys == "one key" else 3), told
    again = "SELECT 1 FROM stripe_event WHERE id = :id AND status IN ('processed', 'ignored')"
    wait_until(lambda: look(stack, again, id=event_id))
    moves = "SELECT after FROM payment_move WHERE payment_id = :id ORDER BY created_at"
    assert look(stack, moves, id=checkout["payment_id"]) == [("succeeded",)]
    ledger = "SELECT kind FROM ledger_entry WHERE payment_id = :id AND kind = 'payment'"
    assert len(look(stack, ledger, id=checkout["payment_id"])) == 1


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("status", ["sent", "failed", "withdrawn", "queued"])
def test_a_mail_is_sent_again_once(
    stack: Stack, client: Person, admin: Person, status: str, keys: str
) -> None:
    email_id = sent_mail(stack, client)
    later = "UPDATE email SET status = :status, due_at = now() + interval '1 minute' WHERE id = :id"
    change(stack, later, id=email_id, status=status)
    before = len(stack.sandbox.mails_to(client.email))

    told = outcomes(pressed(admin, f"/admin/email/{email_id}/resend", {"reason": "it was lost"}, keys))

    assert "202" in told
    rests(stack, email_id) if status != "withdrawn" else None
    assert set(told) <= {"202", "again", "request-in-flight", "email-in-flight", "resent-just-now"}, told
    if status != "withdrawn":  # which may wait for whoever was sending it
        assert len(stack.sandbox.mails_to(client.email)) == before + 1


@pytest.mark.parametrize("keys", KEYS)
def test_a_mail_is_discarded_once(stack: Stack, client: Person, admin: Person, keys: str) -> None:
    email_id = sent_mail(stack, client)
    change(stack, "UPDATE email SET status = 'failed' WHERE id = :id", id=email_id)

    told = outcomes(
        pressed(admin, f"/admin/email/{email_id}/discard", {"reason": "to the wrong address"}, keys)
    )

    check(told, "200", keys, {"nothing-to-do"})
    assert entries(stack, "email.discard", f"email:{email_id}") == 1


@pytest.mark.parametrize("keys", KEYS)
def test_evidence_reaches_the_bank_once(
    stack: Stack, client: Person, coach: Person, admin: Person, keys: str
) -> None:
    checkout = paid(stack, client, coach, DISPUTED)
    ours = dispute_of(client, checkout, "needs_response")["id"]

    told = outcomes(pressed(admin, f"/admin/dispute/{ours}/evidence", {"text": "They were there."}, keys))

    check(told, "200", keys, {"evidence-in-flight", "not-answerable"})
    assert at_stripe(stack, client, checkout)["evidence_details"]["submission_count"] == 1


def test_of_three_who_submit_different_evidence_at_once_one_is_heard(
    stack: Stack, client: Person, coach: Person
) -> None:
    checkout = paid(stack, client, coach, DISPUTED)
    ours = dispute_of(client, checkout, "needs_response")["id"]
    stack.sandbox.control("/faults", path="/v1/disputes/*", method="GET", delay_seconds=0.5, times=3)
    path = f"/admin/dispute/{ours}/evidence"
    admins = [operator(stack) for _ in range(3)]

    def press(number: int) -> Any:
        return admins[number].post(path, json={"text": f"It was so, says number {number}."})

    answers = at_once([lambda number=number: press(number) for number in range(3)])  # type: ignore[misc]

    check(outcomes(answers), "200", "no key", {"evidence-in-flight", "not-answerable"})
    (heard,) = [answer.json()["evidence"] for answer in answers if answer.is_success]
    bank = at_stripe(stack, client, checkout)
    assert bank["evidence_details"]["submission_count"] == 1
    assert bank["evidence"]["uncategorized_text"] == heard
    assert look(stack, "SELECT evidence FROM dispute WHERE id = :id", id=ours) == [(heard,)]
    assert entries(stack, "dispute.submit_evidence", f"dispute:{ours}") == 1
