"""What an operator does with refunds that failed, wait or were settled another way."""

from typing import Any
from uuid import UUID

import pytest

from app.payments.models import Refund
from app.payments.refunds import submission
from app.payments.stripe import refunds as at_stripe
from tests.admin.failures import change
from tests.people import Person
from tests.shop import Shop


def refund_of(shop: Shop, coach: Person, checkout: dict[str, Any]) -> UUID:
    answer = coach.post(
        f"/payment/{checkout['payment_id']}/refund", json={"reason": "a kindness", "amount": 10}
    )
    return UUID(answer.json()["id"])


def test_a_refund_that_failed_is_followed_by_a_new_one(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = refund_of(shop, coach, checkout)
    change("UPDATE refund SET status = 'failed', failure_reason = 'expired_or_canceled_card'")

    answer = admin.post(f"/admin/refund/{refund_id}/retry", json={"reason": "the client has a new card"})

    assert answer.status_code == 202
    assert answer.json()["id"] != str(refund_id)
    shop.work(submission.issue, UUID(answer.json()["id"]))
    assert client.payment(checkout)["amount_refunded"] == 10.0


def test_a_refund_that_waits_is_tried_now_and_one_that_stripe_has_is_left(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = refund_of(shop, coach, checkout)
    change("UPDATE refund SET due_at = now() + interval '1 hour', attempts = 8")

    admin.post(f"/admin/refund/{refund_id}/retry", json={})
    assert shop.work(submission.issue, refund_id) is None

    assert client.payment(checkout)["amount_refunded"] == 10.0
    for lever in ("retry", "discard"):
        answer = admin.post(f"/admin/refund/{refund_id}/{lever}", json={"reason": "why not"})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-to-do")


def test_a_refund_settled_another_way_is_discarded_and_its_share_is_free_again(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = refund_of(shop, coach, checkout)

    admin.post(f"/admin/refund/{refund_id}/discard", json={"reason": "paid by bank transfer"})

    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.failure_reason) == (
        "canceled",
        "discarded by an operator: paid by bank transfer",
    )
    assert client.payment(checkout)["lines"][0]["left_minor"] == 7500
    assert admin.get("/admin/refund?status=canceled").json()["items"][0]["id"] == str(refund_id)
    assert admin.get(f"/admin/refund/{refund_id}").json()["attempts"] == 0


def test_a_refund_that_was_discarded_is_asked_for_again_as_the_same(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    """Stripe may have made it although its answer was lost: a new one would be paid beside it."""
    _, checkout = shop.pays_for(client, coach)
    refund_id = refund_of(shop, coach, checkout)
    lost = {"close_connection": True, "after_work": True, "times": 3}
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", **lost)
    shop.work(submission.issue, refund_id)
    admin.post(f"/admin/refund/{refund_id}/discard", json={"reason": "paid by bank transfer"})

    answer = admin.post(f"/admin/refund/{refund_id}/retry", json={"reason": "it came back"})

    assert (answer.status_code, answer.json()["id"]) == (202, str(refund_id))
    assert (answer.json()["status"], answer.json()["failure_reason"]) == ("pending", None)
    shop.work(submission.issue, refund_id)
    assert client.payment(checkout)["amount_refunded"] == 10.0
    assert len(shop.at_stripe("/v1/refunds?payment_intent=" + intent_of(client, checkout))["data"]) == 1


def intent_of(client: Person, checkout: dict[str, Any]) -> str:
    return str(client.payment(checkout)["stripe_payment_intent_id"])


@pytest.mark.parametrize("lever", ["retry", "discard"])
def test_while_stripe_is_being_asked_for_a_refund_no_lever_moves_it(
    shop: Shop,
    client: Person,
    coach: Person,
    admin: Person,
    lever: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refund_id = refund_of(shop, coach, checkout)
    make, told = at_stripe.make, []

    def pressed_meanwhile(order: at_stripe.RefundOrder) -> at_stripe.StripeRefund:
        told.append(admin.post(f"/admin/refund/{refund_id}/{lever}", json={"reason": "it takes so long"}))
        return make(order)

    monkeypatch.setattr(at_stripe, "make", pressed_meanwhile)
    shop.work(submission.issue, refund_id)

    ((status, problem),) = [(answer.status_code, answer.json()["type"]) for answer in told]
    assert (status, problem) == (409, "/problems/refund-in-flight")
    assert told[0].headers["Retry-After"] == "5"
    (refund,) = shop.rows(Refund)
    assert (refund.status, refund.attempts, refund.lease_expires_at) == ("succeeded", 1, None)
