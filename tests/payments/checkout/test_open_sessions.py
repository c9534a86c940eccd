"""Pages that Stripe leaves open although it was asked to close them."""

from uuid import UUID

from sqlalchemy import text

from app.extensions import db
from app.payments.checkout import expiry
from app.payments.models import Payment
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.people import Person
from tests.shop import Shop


def test_a_session_that_stripe_leaves_open_keeps_its_time(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
    db.session.commit()
    shop.sandbox.control("/faults", path="/v1/checkout/sessions/*/expire", status=400)

    shop.work(expiry.release, UUID(booking["id"]))
    assert client.booking(booking)["status"] == "pending"
    shop.deliver_event(shop.paid(checkout))
    assert client.booking(booking)["status"] == "confirmed"


def test_no_second_page_opens_while_stripe_leaves_the_first_open(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    first = client.checks_out(booking)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions/*/expire", status=400)
    wish = {
        "booking_id": booking["id"],
        "success_url": "http://a.example/",
        "cancel_url": "http://a.example/",
    }

    answer = client.post("/payment/checkout", json=wish)
    assert (answer.status_code, answer.headers.get("Retry-After") is not None) == (503, True)
    assert [payment.stripe_session_id for payment in shop.rows(Payment)] == [first["session_id"]]

    again = client.post("/payment/checkout", json=wish)
    assert again.status_code == 201
    assert shop.at_stripe(f"/v1/checkout/sessions/{first['session_id']}")["status"] == "expired"


def test_a_session_that_was_paid_while_it_was_to_be_closed_is_not_replaced(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    shop.paid(client.checks_out(booking))
    wish = {
        "booking_id": booking["id"],
        "success_url": "http://a.example/",
        "cancel_url": "http://a.example/",
    }

    assert client.post("/payment/checkout", json=wish).status_code == 409
    assert len(shop.rows(Payment)) == 1


def test_one_that_stripe_leaves_open_stays_a_difference_and_ends_no_comparing(
    unhurried: Shop, client: Person, coach: Person
) -> None:
    unhurried.sandbox.control("/reset")
    client.checks_out(client.books(coach))
    db.session.execute(text("UPDATE payment SET status = 'expired'"))
    db.session.commit()
    unhurried.sandbox.control("/faults", path="/v1/checkout/sessions/*/expire", status=400, times=9)

    reconciled(unhurried)
    assert differences(unhurried) == [("checkout.session", "open, 75.00 EUR", "expired, 75.00 EUR")]
    unhurried.sandbox.behaves()
    reconciled(unhurried)
    assert differences(unhurried) == []
