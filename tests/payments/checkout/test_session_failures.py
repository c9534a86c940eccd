"""When Stripe is away, refuses or answers late, the time is kept and asking again gives one page."""

from datetime import timedelta
from typing import Any

import pytest

from app.payments.models import Payment
from tests.payments.checkout.checkout_requests import CANCELLED, PAID, ask
from tests.people import Person
from tests.problems import refused
from tests.shop import Shop


def test_a_key_that_lacks_a_permission_is_named_in_the_log_and_not_to_the_client(
    shop: Shop, client: Person, coach: Person, caplog: pytest.LogCaptureFixture
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/faults", path="/v1/checkout/sessions", status=403)

    answer = ask(client, booking)

    refused(answer, 503, "payments-unavailable")
    assert "rak_checkout_session_write" in caplog.text
    assert "rak_" not in answer.text
    assert ask(client, booking).status_code == 201


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

    refused(away, 503, "payments-unavailable")
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

    refused(ask(client, booking), 503, "payments-unavailable")

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


def _sessions_of(shop: Shop, booking: dict[str, Any]) -> list[str]:
    sessions = shop.at_stripe("/v1/checkout/sessions?limit=100")["data"]
    return [session["id"] for session in sessions if session["client_reference_id"] == booking["id"]]


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=2)])
def test_clocks_that_differ_are_no_fault_of_the_client_and_named_to_the_operator(
    shop: Shop, client: Person, coach: Person, caplog: pytest.LogCaptureFixture, ahead: timedelta
) -> None:
    booking = client.books(coach)
    shop.sandbox.control("/clock", advance_seconds=ahead.total_seconds())
    try:
        answer = ask(client, booking)
    finally:
        shop.sandbox.control("/clock", to="now")

    assert "the operator is notified" in refused(answer, 503, "payments-unavailable")["detail"]
    assert answer.headers["Retry-After"] == "60"
    (said,) = [record for record in caplog.records if "clock" in record.getMessage()]
    assert said.levelname == "ERROR"
    assert "expires_at" in said.getMessage()

    assert ask(client, booking).status_code == 201
    assert client.booking(booking)["status"] == "pending"
