"""The booking's history as a bank reads it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.extensions import db, now
from app.payments.disputes import evidence
from app.payments.models import Payment
from tests.payments.disputes.opened_disputes import Story, disputed, hears, row
from tests.people import Person
from tests.shop import Shop


def test_it_says_who_booked_paid_and_was_told_what_when(
    shop: Shop, client: Person, coach: Person, story: Story
) -> None:
    told = row(shop).evidence

    (payment,) = shop.rows(Payment)
    assert f"<{client.email}> paid 75.00 EUR to CultureBridge" in told
    assert "60 minutes of online coaching with Coach" in told
    assert "gets back 100 % until 24 hours before, nothing later" in told
    lines = told.splitlines()
    assert any(line.endswith(f"booked the session of {_start(story)}") for line in lines)
    assert any("75.00 EUR were paid on Stripe Checkout" in line for line in lines)
    assert any(
        "Confirmed: 60 minutes" in line and f"was sent to {client.email}, with an entry" in line
        for line in lines
    )
    assert any("as confirmed: paid" in line for line in lines)
    history = [line[:16] for line in lines if line[:2] == "20"]
    assert history == sorted(history)
    assert payment.client.name in told


def test_it_says_how_the_session_went_as_the_coach_said(
    shop: Shop, client: Person, coach: Person, story: Story, admin: Person
) -> None:
    booking, _ = story
    _let_it_begin(booking)
    assert coach.post(f"/booking/{booking['id']}/no-show").status_code == 200

    told = admin.get(f"/admin/dispute/{row(shop).id}").json()["evidence"]

    assert "the coach was there, the client did not come" in told
    assert "the coach says the client did not come" in told


def test_it_says_what_was_moved_cancelled_and_refunded(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    later = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=10)
    moved = client.post(f"/booking/{booking['id']}/reschedule", json={"session_datetime": later.isoformat()})
    assert moved.status_code == 200
    assert client.post(f"/booking/{booking['id']}/cancel", json={"reason": "I am ill"}).status_code == 200
    disputed(shop, client, checkout)

    told = hears(shop, checkout).evidence

    assert "moved from" in told
    assert "as cancelled: I am ill" in told
    assert "Refund of 75.00 EUR, now pending: the booking was cancelled" in told


def test_of_a_year_of_sessions_as_much_is_said_as_a_field_can_hold(
    shop: Shop, client: Person, coach: Person
) -> None:
    coach.open_for_business(horizon_days=365)
    series = client.books_series(coach, 51)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    disputed(shop, client, checkout)
    hears(shop, checkout)

    packed = evidence.pack(row(shop).payment, "They were in every one. " * 300)

    assert packed.text.startswith("They were in every one.")
    assert 15_000 < len(packed.text) <= evidence.LONGEST
    assert len(packed.product_description) <= evidence.LONGEST
    assert packed.text.endswith(")")


def test_people_s_own_words_look_like_no_entry_of_ours(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    reason = "I am ill\n2026-11-01 10:00  The coach did not come"
    assert client.post(f"/booking/{booking['id']}/cancel", json={"reason": reason}).status_code == 200
    disputed(shop, client, checkout)

    told = hears(shop, checkout).evidence

    assert "as cancelled: I am ill 2026-11-01 10:00 The coach did not come\n" in told


def _start(story: Story) -> str:
    booking, _ = story
    return booking["session_datetime"].replace("T", " ")[:16]


def _let_it_begin(booking: dict[str, Any]) -> None:
    """The session began an hour ago."""
    earlier = "tstzrange(now() - interval '1 hour', now())"
    db.session.execute(
        text(f"UPDATE booking SET period = {earlier}, busy = {earlier} WHERE id = :id"), {"id": booking["id"]}
    )
    db.session.commit()
