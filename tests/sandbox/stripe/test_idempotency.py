"""Idempotency keys, by Stripe's rules."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, intent


def create(shop: Shop, key: str, amount: int = 7500) -> stripe.checkout.Session:
    wanted = shop.wants(line_items=[shop.item(amount, "eur")])
    return shop.stripe.v1.checkout.sessions.create(wanted, {"idempotency_key": key})  # type: ignore[arg-type]


def expire(shop: Shop, session_id: str, key: str) -> httpx.Response:
    return httpx.post(
        f"{shop.url}/v1/checkout/sessions/{session_id}/expire",
        headers={"Authorization": "Bearer sk_test_sandbox", "Idempotency-Key": key},
    )


def test_the_same_request_gets_the_same_answer(shop: Shop) -> None:
    assert create(shop, "once").id == create(shop, "once").id
    assert len(shop.stripe.v1.checkout.sessions.list().data) == 1
    assert [entry["replayed"] for entry in shop.look("/requests", method="POST")["requests"]] == [True, False]


def test_a_repetition_says_so(shop: Shop) -> None:
    session = shop.opens()
    assert "Idempotent-Replayed" not in expire(shop, session.id, "k").headers
    again = expire(shop, session.id, "k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")


def test_other_parameters_under_the_same_key_are_an_error(shop: Shop) -> None:
    create(shop, "k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        create(shop, "k", amount=8000)
    assert caught.value.http_status == 400


def test_another_address_under_the_same_key_is_an_error(shop: Shop) -> None:
    session = create(shop, "k")
    answer = expire(shop, session.id, "k")
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_failed_validation_leaves_the_key_free(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        create(shop, "k", amount=1)
    assert create(shop, "k").amount_total == 7500


def test_a_refusal_by_state_is_remembered(shop: Shop) -> None:
    session = shop.paid()
    first, again = expire(shop, session.id, "k"), expire(shop, session.id, "k")
    assert first.status_code == again.status_code == 400
    assert again.headers["Idempotent-Replayed"] == "true"


def test_even_a_500_is_remembered(shop: Shop) -> None:
    shop.control("/faults", path="/v1/checkout/sessions", status=500)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(shop, "k")
        assert caught.value.http_status == 500
    assert create(shop, "another").status == "open"


def test_two_at_once_under_one_key_do_the_work_once(shop: Shop) -> None:
    session = shop.opens()
    shop.control("/faults", path="*/expire", delay_seconds=0.3)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: expire(shop, session.id, "k"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    conflict = next(answer for answer in answers if answer.status_code == 409)
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert expire(shop, session.id, "k").status_code == 200


def test_a_refund_repeated_under_its_key_is_one_refund(shop: Shop) -> None:
    wanted = intent(shop.paid()).id
    made = [
        shop.stripe.v1.refunds.create({"payment_intent": wanted}, {"idempotency_key": "row-1"}).id
        for _ in range(3)
    ]
    assert len(set(made)) == 1


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = create(shop, "k")
    shop.control("/clock", advance_seconds=24 * 3600 + 1)
    assert create(shop, "k").id != first.id


def test_a_key_has_255_characters_at_most(shop: Shop) -> None:
    assert create(shop, "k" * 255)
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        create(shop, "k" * 256)
