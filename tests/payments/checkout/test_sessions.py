"""Getting the page on which to pay."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.config.settings import Environment
from app.extensions import db
from app.payments.models import Payment
from tests.configuration import Configure
from tests.payments.checkout.checkout_requests import CANCELLED, PAID, ask, booking_becomes
from tests.people import Person, Sandbox
from tests.problems import refused
from tests.shop import Shop


def test_a_booking_gets_a_page_with_its_price(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)

    answer = ask(client, booking)

    assert answer.status_code == 201
    checkout = answer.json()
    assert (checkout["amount"], checkout["amount_minor"], checkout["currency"]) == (75.0, 7500, "EUR")
    page = shop.sandbox.http.get(checkout["url"])
    assert "75.00" in page.text
    assert client.booking(booking)["payment_id"] == checkout["payment_id"]
    assert client.payment(checkout)["status"] == "pending"


def test_the_placeholder_reaches_stripe_untouched(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))

    session = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")

    assert session["success_url"] == PAID
    assert session["cancel_url"] == CANCELLED
    assert session["metadata"]["payment_id"] == checkout["payment_id"]


def test_the_hold_lasts_as_long_as_the_page_and_two_minutes(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    held_until = datetime.fromisoformat(client.booking(booking)["hold_expires_at"])
    open_until = datetime.fromisoformat(checkout["expires_at"])
    session = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")

    assert held_until - open_until == timedelta(minutes=2)
    assert session["expires_at"] == int(open_until.timestamp())


def test_stripe_sends_its_receipt_to_the_client_and_speaks_the_language_asked_for(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)

    checkout = ask(client, booking, locale="fr").json()

    assert shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["locale"] == "fr"
    shop.paid(checkout)
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")
    assert succeeded["data"]["object"]["receipt_email"] == client.email
    refused(ask(client, booking, locale="tlh"), 422, "invalid")


def test_asking_again_gives_the_open_page(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    first = ask(client, booking)

    again = ask(client, booking)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(shop.rows(Payment)) == 1


@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/paid",
        "//example.com/paid",
        "/paid",
        "https:example.com",
        "https://",
        "https://[::1",
        "javascript:alert(1)",
        "ftp://example.com",
        "https://user:secret@example.com/",
        "https://example.com/a b",
        "https://example.com/\r\nLocation: https://evil.example.com",
        "https://example.com/\0",
        "https://example.com/" + "x" * 2000,
        5,
    ],
    ids=lambda url: str(url)[:30],
)
def test_only_web_addresses_are_returned_to(client: Person, coach: Person, field: str, url: object) -> None:
    answer = ask(client, {"id": coach.id}, **{field: url})

    assert [error["pointer"] for error in refused(answer, 422, "invalid")["errors"]] == [f"/{field}"]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://www.example.com/paid", True),
        ("https://www.example.com:8443/paid", False),
        ("http://www.example.com/paid", False),
        ("https://www.example.com.evil.example.com/paid", False),
        ("https://evil.example.com/?https://www.example.com", False),
    ],
)
def test_in_production_only_our_own_pages_are_returned_to(
    shop: Shop, client: Person, coach: Person, configure: Configure, url: str, allowed: bool
) -> None:
    configure(app_env=Environment.PRODUCTION, allowed_redirect_origins=("https://www.example.com",))

    answer = ask(client, client.books(coach), success_url=url, cancel_url="https://www.example.com/")

    assert answer.status_code == (201 if allowed else 422), answer.text


def test_a_booking_of_somebody_else_s_is_not_there(client: Person, coach: Person) -> None:
    booking = client.books(coach)
    other = Person.registered(client.http, "client")

    refused(ask(other, booking), 404, "not-found")
    refused(ask(coach, booking), 403, "forbidden")
    refused(ask(client, {"id": client.id}), 404, "not-found")


def test_a_payment_is_seen_by_client_and_coach_only(shop: Shop, client: Person, coach: Person) -> None:
    path = f"/payment/{client.checks_out(client.books(coach))['payment_id']}"
    other = Person.registered(client.http, "client")

    assert client.get(path).json() == coach.get(path).json()
    refused(other.get(path), 404, "not-found")
    assert client.http.get(path).status_code == 401


@pytest.mark.parametrize(
    ("status", "hold", "word"),
    [
        ("pending", "now() - interval '1 second'", "too long"),
        ("expired", "NULL", "too long"),
        ("confirmed", "NULL", "paid already"),
        ("cancelled", "NULL", "cancelled"),
        ("completed", "NULL", "completed"),
    ],
)
def test_a_booking_that_waits_for_no_money_gets_no_page(
    client: Person, coach: Person, status: str, hold: str, word: str
) -> None:
    booking = client.books(coach)
    booking_becomes(status, hold)

    assert word in refused(ask(client, booking), 409, "not-payable")["detail"]


def test_page_after_page_keeps_no_time_from_others_for_ever(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    db.session.execute(text("UPDATE booking SET created_at = created_at - interval '1 hour'"))
    db.session.commit()

    assert "too long" in refused(ask(client, booking), 409, "not-payable")["detail"]


def test_a_page_that_was_just_paid_in_is_not_replaced(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    shop.paid(client.checks_out(booking))

    answer = ask(client, booking, success_url="https://example.com/elsewhere")

    assert "being paid" in refused(answer, 409, "not-payable")["detail"]


def test_the_page_says_the_time_in_the_zone_it_names(sandbox: Sandbox, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    client.ask("PATCH", "/auth/me", json={"time_zone": "Asia/Tokyo"})

    page = sandbox.http.get(client.checks_out(booking)["url"]).text

    london = datetime.fromisoformat(booking["session_datetime"]).astimezone(ZoneInfo("Europe/London"))
    assert f"{london:%H:%M} (Europe/London)" in page
