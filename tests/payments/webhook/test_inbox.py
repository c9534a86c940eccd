"""Events that cannot be applied: kept, tried again later, and in the end left to an operator."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.webhook import inbox
from tests.people import Person
from tests.shop import Shop


def make_due(event: dict[str, Any]) -> None:
    db.session.execute(
        text("UPDATE stripe_event SET due_at = now() - interval '1 second' WHERE id = :id"), event
    )
    db.session.commit()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own, which a release may mend."""

    def breaks(_subject: dict[str, Any], _at: datetime) -> None:
        raise LookupError("a row is gone")

    monkeypatch.setitem(inbox.HANDLERS, "checkout.session.completed", breaks)


@pytest.mark.usefixtures("broken")
def test_an_event_that_cannot_be_applied_is_tried_again_later_and_later(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    pauses: list[timedelta | None] = []

    for _ in range(inbox.RETRIES.max_attempts - 1):
        pauses.append(shop.deliver_event(event))
        due = shop.event(event).due_at - now()
        assert pauses[-1] is not None
        assert abs(due - pauses[-1]) < timedelta(seconds=1)
        make_due(event)

    assert all(late >= early for early, late in pairwise(pauses[::2]))  # jittered, so not each step grows
    assert shop.event(event).status is EventStatus.RECEIVED
    assert shop.ops_mails() == []


@pytest.mark.usefixtures("broken")
def test_in_the_end_it_is_given_up_and_an_operator_is_told(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    for _ in range(inbox.RETRIES.max_attempts):
        pause = shop.deliver_event(event)
        make_due(event)

    assert pause is None
    row = shop.event(event)
    assert (row.status, row.attempts) == (EventStatus.FAILED, inbox.RETRIES.max_attempts)
    assert row.last_error == "LookupError: a row is gone"
    assert isinstance(row.finished_at, datetime)
    (mail,) = shop.ops_mails()
    assert "evt_odd" in mail
    assert shop.deliver_event(event) is None
    assert shop.event(event).attempts == inbox.RETRIES.max_attempts


def test_an_event_that_is_not_due_is_not_tried(shop: Shop) -> None:
    event = {"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}
    shop.deliver_event(event)

    assert shop.deliver_event(event) is None

    assert shop.event(event).attempts == 1


def test_an_event_that_kills_every_worker_is_parked_and_the_operator_told(
    shop: Shop, client: Person, coach: Person
) -> None:
    completed = shop.paid(client.checks_out(client.books(coach)))
    shop.work(inbox.record, json.dumps(completed))
    db.session.execute(text("UPDATE stripe_event SET attempts = :most"), {"most": inbox.RETRIES.max_attempts})
    db.session.commit()
    make_due(completed)

    assert shop.work(inbox.process, shop.work(inbox.claim, completed["id"])) is None

    assert shop.event(completed).status is EventStatus.FAILED
    assert len(shop.ops_mails()) == 1


def test_an_event_whose_worker_dies_once_it_is_on_record_is_tried_again_after_its_lease(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    shop.work(inbox.record, json.dumps(completed))

    shop.deliver_event(completed)  # the broker delivers it again at once
    assert shop.work(inbox.DUE.ids, 100) == []
    assert client.booking(booking)["status"] == "pending"

    make_due(completed)
    assert shop.work(inbox.DUE.ids, 100) == [completed["id"]]
    shop.deliver_event(completed)
    assert client.booking(booking)["status"] == "confirmed"
    assert shop.event(completed).attempts == 2


@pytest.mark.parametrize("payload", ['{"amount": 1e400}', '{"amount": NaN}', r'{"text": "\u0000 \ud800"}'])
def test_whatever_is_signed_is_kept(shop: Shop, payload: str) -> None:
    event = f'{{"id": "evt_{uuid4().hex}", "type": "odd.thing", "data": {{"object": {payload}}}}}'

    attempt = shop.work(inbox.record, event)

    assert attempt
    assert [row.payload for row in shop.rows(StripeEvent) if row.id == attempt.event_id] == [event]
