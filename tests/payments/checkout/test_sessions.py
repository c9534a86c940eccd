"""Getting the page on which to pay."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from app.config.settings import Environment, settings_of
from app.extensions import db
from app.payments.models import Payment
from tests.people import Person, Sandbox
from tests.shop import Shop

PAID, CANCELLED = "https://example.com/paid?session={CHECKOUT_SESSION_ID}", "https://example.com/cancelled"


def ask(client: Person, booking: dict[str, Any], **changes: Any) -> httpx.Response:
    wish = {"booking_id": booking["id"], "success_url": PAID, "cancel_url": CANCELLED} | changes
    return client.post("/payment/checkout", json=wish)


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{slug}"
    return found


def booking_becomes(status: str, hold: str = "NULL") -> None:
    db.session.execute(text(f"UPDATE booking SET status = '{status}', hold_expires_at = {hold}"))
    db.session.commit()


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
    problem(ask(client, booking, locale="tlh"), 422, "invalid")


def test_a_key_that_lacks_a_permission_is_named_in_the_log_and_not_to_the_client(
    shop: Shop, client: Person, coach: Person, caplog: pytest.LogCaptureFixture
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", status=403)

    answer = ask(client, booking)

    problem(answer, 503, "payments-unavailable")
    assert "rak_checkout_session_write" in caplog.text
    assert "rak_" not in answer.text
    assert ask(client, booking).status_code == 201


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

    assert [error["pointer"] for error in problem(answer, 422, "invalid")["errors"]] == [f"/{field}"]


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
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch, url: str, allowed: bool
) -> None:
    settings = settings_of(shop.app)
    production = {
        "app_env": Environment.PRODUCTION,
        "allowed_redirect_origins": ("https://www.example.com",),
    }
    monkeypatch.setitem(shop.app.extensions, "settings", settings.model_copy(update=production))

    answer = ask(client, client.books(coach), success_url=url, cancel_url="https://www.example.com/")

    assert answer.status_code == (201 if allowed else 422), answer.text


def test_a_booking_of_somebody_else_s_is_not_there(client: Person, coach: Person) -> None:
    booking = client.books(coach)
    other = Person.registered(client.http, "client")

    problem(ask(other, booking), 404, "not-found")
    problem(ask(coach, booking), 403, "forbidden")
    problem(ask(client, {"id": client.id}), 404, "not-found")


def test_a_payment_is_seen_by_client_and_coach_only(shop: Shop, client: Person, coach: Person) -> None:
    path = f"/payment/{client.checks_out(client.books(coach))['payment_id']}"
    other = Person.registered(client.http, "client")

    assert client.get(path).json() == coach.get(path).json()
    problem(other.get(path), 404, "not-found")
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

    assert word in problem(ask(client, booking), 409, "not-payable")["detail"]


def test_page_after_page_keeps_no_time_from_others_for_ever(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    db.session.execute(text("UPDATE booking SET created_at = created_at - interval '1 hour'"))
    db.session.commit()

    assert "too long" in problem(ask(client, booking), 409, "not-payable")["detail"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"close_connection": True, "times": 3},  # the stripe package asks thrice
        {"close_connection": True, "after_work": True, "times": 3},
    ],
    ids=["too many requests", "no answer", "the answer is lost"],
)
def test_while_stripe_is_away_the_time_is_kept_and_asking_again_gives_one_page(
    shop: Shop, client: Person, coach: Person, fault: dict[str, Any]
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", **fault)

    away = ask(client, booking)

    problem(away, 503, "payments-unavailable")
    assert int(away.headers["Retry-After"]) > 0
    assert client.booking(booking)["status"] == "pending"

    answer = ask(client, booking)

    assert answer.status_code == 201
    assert len(_sessions_of(shop, booking)) == 1
    assert len(shop.rows(Payment)) == 1


def test_a_failure_that_stripe_repeats_is_followed_by_a_payment_of_its_own(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", status=500)

    problem(ask(client, booking), 503, "payments-unavailable")

    checkout = ask(client, booking).json()
    assert client.booking(booking)["payment_id"] == checkout["payment_id"]
    assert sorted(payment.status for payment in shop.rows(Payment)) == ["failed", "pending"]


def test_an_idempotency_key_opens_one_page(shop: Shop, client: Person, coach: Person) -> None:
    wish = {"booking_id": client.books(coach)["id"], "success_url": PAID, "cancel_url": CANCELLED}

    answers = [
        client.post("/payment/checkout", json=wish, headers={"Idempotency-Key": "a-key"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_page_that_was_just_paid_in_is_not_replaced(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    shop.paid(client.checks_out(booking))

    answer = ask(client, booking, success_url="https://example.com/elsewhere")

    assert "being paid" in problem(answer, 409, "not-payable")["detail"]


def _sessions_of(shop: Shop, booking: dict[str, Any]) -> list[str]:
    sessions = shop.at_stripe("/v1/checkout/sessions?limit=100")["data"]
    return [session["id"] for session in sessions if session["client_reference_id"] == booking["id"]]


def test_the_page_says_the_time_in_the_zone_it_names(sandbox: Sandbox, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    client.ask("PATCH", "/auth/me", json={"time_zone": "Asia/Tokyo"})

    page = sandbox.http.get(client.checks_out(booking)["url"]).text

    london = datetime.fromisoformat(booking["session_datetime"]).astimezone(ZoneInfo("Europe/London"))
    assert f"{london:%H:%M} (Europe/London)" in page


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=2)])
def test_clocks_that_differ_are_no_fault_of_the_client_and_named_to_the_operator(
    shop: Shop, client: Person, coach: Person, caplog: pytest.LogCaptureFixture, ahead: timedelta
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/clock", advance_seconds=ahead.total_seconds())
    try:
        refused = ask(client, booking)
    finally:
        shop.sandbox.control("/clock", to="now")

    assert "are told" in problem(refused, 503, "payments-unavailable")["detail"]
    assert refused.headers["Retry-After"] == "60"
    (said,) = [record for record in caplog.records if "clock" in record.getMessage()]
    assert said.levelname == "ERROR"
    assert "expires_at" in said.getMessage()

    assert ask(client, booking).status_code == 201
    assert client.booking(booking)["status"] == "pending"
