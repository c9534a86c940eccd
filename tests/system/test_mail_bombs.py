"""Mail bombs, thrown at the running system with its limits on, and counted where mails arrive."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.emails.recipient_limits import FEWER_OF_KIND, MAX_OF_KIND, MAX_UNVERIFIED
from app.payments.refunds.manual import MAX_PARTS
from tests.people import Person, next_week
from tests.rate_limited_web import LimitedWeb
from tests.stack import Stack
from tests.system.outcomes import confirmed, settled
from tests.waiting import wait_until

LURE = "open https://evil.example/login"
MAX_HELD = 5
"""So many sessions somebody holds whose address is not proven."""


@pytest.fixture
def http(limited: LimitedWeb) -> Iterator[httpx.Client]:
    """From one address, as an attacker at home."""
    with limited.asking_from("192.0.2.66") as asking:
        yield asking


def arrived(stack: Stack, reader: Person) -> list[str]:
    """What came to somebody, once all that leaves now has left: subject and words."""
    settled(stack)
    return [
        f"{mail['subject']} {mail['text']} {mail['html']}" for mail in stack.sandbox.mails_to(reader.email)
    ]


def proven(client: Person) -> Person:
    client.prove_address()
    assert client.get("/auth/me").json()["email_verified"] is True
    return client


def put_into_the_outbox(stack: Stack, reader: Person, kind: str) -> int:
    """How many mails of a kind there are, sent or not: a refund's comes once Stripe has made it."""
    query = text("SELECT count(*) FROM email WHERE kind = :kind AND recipient = :to")
    with stack.database.connect() as rows:
        return int(rows.scalar(query, {"kind": kind, "to": reader.email}) or 0)


def half_an_hour_passes(stack: Stack, reader: Person) -> None:
    """What was held back is due, and beat comes by."""
    with stack.database.begin() as rows:
        due = "UPDATE email SET due_at = now() WHERE held_back AND recipient = :to"
        rows.execute(text(due), {"to": reader.email})
    left = text("SELECT count(*) FROM email WHERE held_back AND status = 'queued' AND recipient = :to")

    def is_empty() -> bool:
        with stack.database.connect() as rows:
            return rows.scalar(left, {"to": reader.email}) == 0

    wait_until(is_empty)
    settled(stack)


def until_refused(ask: Iterator[httpx.Response], most: int) -> list[int]:
    """What is answered, until the limit says to come back, or so many times."""
    answers: list[int] = []
    for answer in ask:
        answers.append(answer.status_code)
        if answer.status_code == 429 or len(answers) == most:
            break
    return answers


def test_series_cancelled_in_words_of_the_attacker(stack: Stack, client: Person, coach: Person) -> None:
    """18 series of 52 sessions, each session called off: 937 mails in 15 seconds, once."""
    coach.open_for_business(horizon_days=366)
    assert client.wish_series(coach, next_week(), 52).status_code == 409
    cancelled = 0
    for hour in range(18):
        held = client.wish_series(coach, next_week(hour), MAX_HELD)
        for booking in held.json().get("items", []):
            answer = coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE})
            cancelled += answer.status_code == 200

    assert cancelled >= MAX_HELD
    (mail,) = arrived(stack, client)
    assert mail.startswith("Please confirm your e-mail address")


def test_what_an_unproven_address_paid_for_is_told_few_times(
    stack: Stack, client: Person, coach: Person
) -> None:
    """A series of five, of which each session is moved and cancelled by the coach, and paid back."""
    held = client.books_series(coach, MAX_HELD)
    assert stack.sandbox.pays(client.checks_out(held["items"][0])).status_code == 303
    for booking in held["items"]:
        confirmed(client, booking)
    for number, booking in enumerate(held["items"]):
        at = next_week(2) + timedelta(days=7 * number)
        moved = {"session_datetime": at.isoformat()}
        coach.post(f"/booking/{booking['id']}/reschedule", json=moved).raise_for_status()
        coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    wait_until(lambda: put_into_the_outbox(stack, client, "refund_issued") == MAX_HELD)
    before = arrived(stack, client)
    assert len(before) == 1 + MAX_UNVERIFIED
    half_an_hour_passes(stack, client)
    (together,) = set(arrived(stack, client)) - set(before)
    told = "".join([*before, together])
    assert told.count("Refund of 75.00 EUR issued") >= MAX_HELD
    assert told.count("Cancelled: 60 minutes of coaching") >= MAX_HELD
    assert "evil.example" not in told


def test_a_session_that_is_moved_without_end(stack: Stack, client: Person, coach: Person) -> None:
    """40 moves a second: 80 mails, once."""
    booking = _paid(stack, proven(client), coach)
    hours = count(11)

    def move() -> Iterator[httpx.Response]:
        while True:
            at = next_week(0) + timedelta(hours=next(hours))
            yield client.post(
                f"/booking/{booking['id']}/reschedule", json={"session_datetime": at.isoformat()}
            )

    answers = until_refused(move(), 40)

    assert (set(answers[:-1]), answers[-1]) == ({200}, 429)
    for reader in (client, coach):
        before = arrived(stack, reader)
        assert sum(mail.startswith("Moved") for mail in before) == MAX_OF_KIND
        half_an_hour_passes(stack, reader)
        (last,) = set(arrived(stack, reader)) - set(before)  # of moves that waited, only the last is news
        assert last.startswith("Moved")


def test_a_payment_that_is_given_back_by_the_cent(stack: Stack, client: Person, coach: Person) -> None:
    """60 refunds of 0.01: 60 mails, once."""
    booking = _paid(stack, proven(client), coach)
    path = f"/payment/{client.booking(booking)['payment_id']}/refund"

    answers = [coach.post(path, json={"amount": 0.01, "reason": LURE}).status_code for _ in range(60)]

    assert (answers.count(202), set(answers)) == (MAX_PARTS, {202, 409, 429})
    refunds = [mail for mail in arrived(stack, client) if mail.startswith("Refund")]
    assert len(refunds) == FEWER_OF_KIND["refund_issued"]
    half_an_hour_passes(stack, client)
    refunds = [mail for mail in arrived(stack, client) if "Refund of 0.01 EUR" in mail]
    assert len(refunds) == FEWER_OF_KIND["refund_issued"] + 1


def _paid(stack: Stack, client: Person, coach: Person) -> dict[str, Any]:
    booking = client.books(coach)
    assert stack.sandbox.pays(client.checks_out(booking)).status_code == 303
    confirmed(client, booking)
    return booking
