"""Holds that ran out, released without losing a payment that is being made."""

from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import text

from app.bookings import lifecycle
from app.extensions import db
from app.payments.checkout import expiry
from app.queue import sweeps
from app.queue.names import TaskNames
from tests.people import DECLINED, Person, next_week
from tests.queues import arguments, queued
from tests.shop import Shop


def released(shop: Shop, booking: dict[str, Any]) -> None:
    """The hold runs out, and the sweep comes by."""
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
    db.session.commit()
    shop.work(expiry.release, UUID(booking["id"]))


def test_a_hold_for_which_nobody_went_to_pay_is_released(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)

    released(shop, booking)

    assert client.booking(booking)["status"] == "expired"


def test_a_hold_that_still_runs_is_not_released(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)

    shop.work(expiry.release, UUID(booking["id"]))

    assert client.booking(booking)["status"] == "pending"


def test_the_page_is_closed_before_the_time_is_free(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)

    released(shop, booking)

    assert client.booking(booking)["status"] == "expired"
    assert client.payment(checkout)["status"] == "expired"
    assert shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["status"] == "expired"


def test_what_was_paid_in_the_last_moment_is_not_released(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    event = shop.paid(client.checks_out(booking))

    released(shop, booking)
    assert client.booking(booking)["status"] == "pending"

    shop.deliver_event(event)
    assert client.booking(booking)["status"] == "confirmed"


def test_while_stripe_is_away_nothing_is_released(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.control("/faults", path="*/expire", close_connection=True, times=3)

    released(shop, booking)
    assert client.booking(booking)["status"] == "pending"
    assert client.payment(checkout)["status"] == "pending"

    released(shop, booking)
    assert client.booking(booking)["status"] == "expired"


def test_a_hold_that_is_not_released_keeps_no_other_from_its_turn(
    shop: Shop, client: Person, coach: Person, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portion is one hold here, and the first hold stays as it is."""
    monkeypatch.setattr(sweeps, "PORTION", 1)
    bookings = {client.books(coach, next_week(hour))["id"] for hour in (9, 12)}
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))

    for turn in ("", "1", "2"):
        shop.work(sweeps.walk, TaskNames.EXPIRE_HOLDS, TaskNames.RELEASE_HOLD, lifecycle.STALE_HOLDS, turn)

    assert {job[0] for job in (arguments(message) for message in queued(broker, "events"))} >= bookings
