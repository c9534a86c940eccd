"""What a bank says of a card is for who paid with it, and not for the coach who is paid."""

from typing import Any
from uuid import UUID

from app.extensions import db
from app.payments.models import Refund
from app.payments.refunds import refunds
from app.payments.status import RefundStatus
from tests.people import Person
from tests.shop import Shop

INSUFFICIENT = "4000000000009995"


def payments(person: Person, payment_id: str) -> list[dict[str, Any]]:
    """One payment in every place where somebody reads it."""
    return [
        person.get(f"/payment/{payment_id}").json(),
        *person.get("/payment").json()["items"],
        *person.get("/auth/me/export").json()["payments"],
    ]


def test_only_who_paid_reads_why_a_card_was_refused(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, INSUFFICIENT)
    shop.deliver_event(shop.events(checkout, "payment_intent.payment_failed")[0])

    codes = [each["failure"]["code"] for each in payments(client, checkout["payment_id"])]
    assert codes == ["insufficient_funds"] * 3
    told = payments(coach, checkout["payment_id"])
    assert [(each["status"], each["failure"]) for each in told] == [("failed", None)] * 3


def test_only_who_paid_gets_stripe_s_receipt_which_names_the_card(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)

    assert all("/receipts/" in each["receipt_url"] for each in payments(client, checkout["payment_id"]))
    assert [each["receipt_url"] for each in payments(coach, checkout["payment_id"])] == [None] * 3


def test_nor_does_the_coach_read_why_a_refund_did_not_reach_the_card(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    given = coach.post(f"/payment/{checkout['payment_id']}/refund", json={"reason": "ill"}).json()
    shop.work(refunds.apply, UUID(given["id"]), "re_1", RefundStatus.FAILED, "lost_or_stolen_card")
    assert db.session.get_one(Refund, UUID(given["id"])).status is RefundStatus.FAILED

    def reasons(person: Person) -> list[str | None]:
        found = payments(person, checkout["payment_id"])
        return [refund["failure_reason"] for each in found for refund in each["refunds"]]

    assert reasons(client) == ["lost_or_stolen_card"] * 3
    assert reasons(coach) == [None] * 3
