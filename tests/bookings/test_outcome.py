"""How a session went."""

from flask import Flask
from sqlalchemy import text

from app.bookings import lifecycle
from app.extensions import db
from tests.bookings.paid_bookings import paid
from tests.people import Person, next_week
from tests.shop import Shop


def happened(booking_id: str, hours_ago: int) -> None:
    """Let the session have begun so many hours ago."""
    span = "tstzrange(now() - :ago * interval '1 hour', now() - (:ago - 1) * interval '1 hour')"
    db.session.execute(
        text(f"UPDATE booking SET period = {span}, busy = {span} WHERE id = :id"),
        {"ago": hours_ago, "id": booking_id},
    )
    db.session.commit()


def test_the_coach_says_that_it_took_place(app: Flask, shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    happened(booking_id, 2)
    db.session.execute(text("UPDATE booking SET updated_at = updated_at - interval '1 hour'"))
    db.session.commit()

    completed = coach.post(f"/booking/{booking_id}/complete").json()

    assert completed["status"] == "completed"
    assert completed == client.get(f"/booking/{booking_id}").json()


def test_the_coach_says_that_nobody_came(app: Flask, shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    happened(booking_id, 2)

    assert coach.post(f"/booking/{booking_id}/no-show").json()["status"] == "no_show"


def test_before_the_start_nothing_can_be_said(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())

    refused = coach.post(f"/booking/{booking_id}/complete")

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-early")


def test_only_its_coach_says_how_it_went(shop: Shop, client: Person, coach: Person) -> None:
    booking_id = paid(shop, client, coach, next_week())
    another = Person.registered(client.http, "coach")

    assert client.post(f"/booking/{booking_id}/complete").status_code == 403
    assert another.post(f"/booking/{booking_id}/complete").status_code == 404


def test_a_day_later_it_completes_by_itself(app: Flask, shop: Shop, client: Person, coach: Person) -> None:
    over, recent = paid(shop, client, coach, next_week(10)), paid(shop, client, coach, next_week(15))
    happened(over, 30)
    happened(recent, 3)

    assert shop.work(lifecycle.complete_past, 10) == 1

    assert client.get(f"/booking/{over}").json()["status"] == "completed"
    assert client.get(f"/booking/{recent}").json()["status"] == "confirmed"
