"""What people wrote reaches no address before its verification, not even the words of its own account.

Anyone can open an account with another person's address, pay for a session, and write.
"""

from collections.abc import Callable

import httpx
import pytest

from app.emails.models import Email
from app.payments.models import Refund
from app.payments.refunds import submission
from tests.accounts.two_factor.authenticator import proven, unproven
from tests.people import Person, next_week
from tests.shop import Shop

LURE = "open https://evil.example/login"


def words(shop: Shop, reader: Person, kind: str) -> str:
    """All of the one mail of this kind to somebody."""
    (mail,) = [each for each in shop.mails(kind) if each.recipient == reader.email]
    return "\n".join(
        [mail.subject, mail.text_body, mail.html_body, (mail.calendar or "").replace("\r\n ", "")]
    )


@pytest.mark.parametrize("address", [proven, unproven])
def test_the_coach_s_reasons(shop: Shop, client: Person, coach: Person, address: object) -> None:
    booking, checkout = shop.pays_for(client, coach)
    if address is proven:
        client.prove_address()
    coach.post(f"/payment/{checkout['payment_id']}/refund", json={"amount": 1, "reason": LURE})
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    for kind in ("refund_issued", "booking_cancelled"):
        assert ("evil.example" in words(shop, client, kind)) is (address is proven)
    assert "1.00 EUR" in words(shop, client, "refund_issued")
    assert "evil.example" in words(shop, coach, "booking_cancelled")


@pytest.mark.parametrize("address", [proven, unproven])
def test_the_client_s_notes_and_reason(
    shop: Shop, client: Person, coach: Person, address: Callable[[Person], Person]
) -> None:
    booking = client.wish(coach, next_week(), notes=LURE).json()
    checkout = client.checks_out(booking)
    address(client)
    address(coach)
    shop.deliver_event(shop.paid(checkout))
    client.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    for kind in ("booking_confirmed", "booking_cancelled"):
        for reader in (client, coach):
            assert ("evil.example" in words(shop, reader, kind)) is (address is proven)
    assert len(shop.rows(Email)) >= 4


def test_the_notes_of_a_series(shop: Shop, client: Person, coach: Person) -> None:
    series = client.wish_series(coach, next_week(), 2, notes=LURE).json()
    unproven(coach)
    shop.deliver_event(shop.paid(client.checks_out(series)))

    for reader in (client, coach):
        assert "evil.example" not in words(shop, reader, "series_confirmed")


def test_the_name_of_the_account(shop: Shop, http: httpx.Client, coach: Person) -> None:
    client = Person.registered(http, "client", name="Call Zero Nine Hundred")
    booking, _ = shop.pays_for(client, coach)
    client.post(f"/booking/{booking['id']}/cancel", json={"reason": ""}).raise_for_status()

    for kind in ("booking_confirmed", "booking_cancelled"):
        told = words(shop, client, kind)
        assert "Zero" not in told
        assert f"mailto:{client.email}" in told


def test_names_and_addresses_of_others(shop: Shop, client: Person, coach: Person) -> None:
    name = coach.get("/auth/me").json()["name"]
    booking, checkout = shop.pays_for(client, coach)
    coach.post(f"/payment/{checkout['payment_id']}/refund", json={"amount": 1, "reason": "a kindness"})
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
    coach.post(f"/booking/{booking['id']}/reschedule", json={"session_datetime": next_week(15).isoformat()})
    coach.post(f"/booking/{booking['id']}/cancel", json={"reason": "ill"}).raise_for_status()

    for kind in ("booking_confirmed", "refund_issued", "booking_moved", "booking_cancelled"):
        told = words(shop, client, kind)
        assert "your coach" in told
        assert name not in told
        assert coach.email not in told
