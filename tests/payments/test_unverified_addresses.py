"""What others wrote reaches no address before its proof, also where it paid."""

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
    return "\n".join([mail.subject, mail.text_body, mail.html_body, mail.calendar or ""])


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


def test_the_client_s_notes_and_reason(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.wish(coach, next_week(), notes=LURE).json()
    checkout = client.checks_out(booking)
    unproven(coach)
    shop.told(shop.paid(checkout))
    client.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    for kind in ("booking_confirmed", "booking_cancelled"):
        assert "evil.example" not in words(shop, coach, kind)
        assert "evil.example" in words(shop, client, kind)
    assert len(shop.rows(Email)) >= 4


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
