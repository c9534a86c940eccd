"""A clock that can be moved, and all that goes by it."""

import time

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop
from tests.waiting import wait_until

DAY = 24 * 3600


def test_what_falls_due_on_the_way_bears_its_own_time(shop: Shop) -> None:
    session = shop.opens(expires_at=int(time.time()) + 3600)
    shop.control("/clock", advance_seconds=2 * DAY)
    [event] = shop.stripe.v1.events.list({"type": "checkout.session.expired"}).data
    assert 0 <= event.created - session.expires_at < 60
    assert shop.opens().created >= session.created + 2 * DAY


def test_one_thing_leads_to_the_next_while_time_passes(shop: Shop) -> None:
    shop.control("/pace", debit_after=600, dispute_after=600, settle_after=600)
    shop.debits(shop.opens(), "DE35370400440532013002")
    shop.control("/clock", advance_seconds=1800)
    [paid] = shop.stripe.v1.events.list({"type": "charge.succeeded"}).data
    [dispute] = shop.stripe.v1.disputes.list().data
    assert 600 <= dispute.created - paid.created < 660


def test_the_clock_moves_to_a_time_and_never_back(shop: Shop) -> None:
    tomorrow = int(time.time()) + DAY
    assert 0 <= shop.control("/clock", to=tomorrow)["now"] - tomorrow < 60
    assert shop.control("/clock", to=tomorrow - 3600)["now"] >= tomorrow
    assert shop.browser.post(f"{shop.url}/_sandbox/clock", json={"advance_seconds": -1}).status_code == 422
    assert round(shop.look("/clock")["ahead_seconds"], -2) == round(DAY, -2)


def test_the_clock_is_set_back_to_now_and_sessions_open_again(shop: Shop) -> None:
    shop.control("/clock", advance_seconds=2 * DAY)
    with pytest.raises(stripe.InvalidRequestError, match="at least 30 minutes"):
        shop.opens(expires_at=int(time.time()) + 2100)

    told = shop.control("/clock", to="now")

    assert abs(told["now"] - time.time()) < 30
    assert told["ahead_seconds"] < 1
    assert abs(shop.opens(expires_at=int(time.time()) + 2100).created - time.time()) < 30


def test_what_was_to_happen_after_a_while_happens_after_what_is_left_of_it(shop: Shop) -> None:
    shop.control("/clock", advance_seconds=2 * DAY)
    shop.control("/pace", debit_after=600)
    paid = shop.opens()
    shop.debits(paid, "DE89370400440532013000")

    shop.control("/clock", to="now")
    shop.control("/clock", advance_seconds=540)
    assert shop.session(paid).payment_status == "unpaid"
    shop.control("/clock", advance_seconds=120)
    assert shop.session(paid).payment_status == "paid"


def test_what_has_a_time_of_its_own_keeps_it(shop: Shop) -> None:
    before = shop.opens(expires_at=int(time.time()) + 3600)
    shop.control("/clock", advance_seconds=600)

    shop.control("/clock", to="now")

    assert shop.look("/clock")["next_at"] == before.expires_at
    shop.control("/clock", advance_seconds=3540)
    assert shop.stripe.v1.checkout.sessions.retrieve(before.id).status == "open"
    shop.control("/clock", advance_seconds=120)
    assert shop.stripe.v1.checkout.sessions.retrieve(before.id).status == "expired"


def test_to_set_it_back_twice_or_when_it_is_right_changes_nothing(shop: Shop) -> None:
    shop.control("/pace", debit_after=600)
    paid = shop.opens()
    shop.debits(paid, "DE89370400440532013000")
    wait_until(
        lambda: (clock := shop.look("/clock"))["next_at"] > clock["now"] + 60
    )  # all that is due is done
    waits_until = shop.look("/clock")["next_at"]
    for _ in range(2):
        shop.control("/clock", to="now")

    assert abs(shop.look("/clock")["next_at"] - waits_until) < 1
    assert shop.session(paid).payment_status == "unpaid"


@pytest.mark.parametrize("word", ["yesterday", "", "NOW", -1.5])
def test_another_word_for_a_time_is_refused(shop: Shop, word: object) -> None:
    assert shop.browser.post(f"{shop.url}/_sandbox/clock", json={"to": word}).status_code == 422


def test_the_page_offers_to_set_it_back_only_while_it_is_ahead(shop: Shop) -> None:
    assert "Back to now" not in shop.browser.get(shop.url).text
    shop.browser.post(f"{shop.url}/clock", data={"minutes": "1441"})
    assert "Back to now" in shop.browser.get(shop.url).text

    shop.browser.post(f"{shop.url}/clock", data={"minutes": "3", "to": "now"})

    assert shop.look("/clock")["ahead_seconds"] < 1
    assert "Back to now" not in shop.browser.get(shop.url).text


def test_the_clock_says_when_something_happens_next(shop: Shop) -> None:
    assert shop.look("/clock")["next_at"] is None
    session = shop.opens()
    assert shop.look("/clock")["next_at"] == session.expires_at


def test_deliveries_are_signed_in_real_time(shop: Shop) -> None:
    shop.control("/clock", advance_seconds=30 * DAY)
    shop.paid()
    wait_until(lambda: shop.receiver.times("charge.succeeded") == 1)
    signed_at = int(shop.receiver.signatures[0].partition("t=")[2].partition(",")[0])
    assert abs(signed_at - time.time()) < 60
    assert shop.receiver.events[0]["created"] > time.time() + 29 * DAY


def test_an_idempotency_key_is_forgotten_after_a_day(shop: Shop) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "k"}
    intents = shop.stripe.v1.payment_intents
    first = intents.create({"amount": 2000, "currency": "eur"}, options)
    shop.control("/clock", advance_seconds=DAY - 60)
    assert intents.create({"amount": 2000, "currency": "eur"}, options).id == first.id
    shop.control("/clock", advance_seconds=120)
    assert intents.create({"amount": 3000, "currency": "eur"}, options).id != first.id


def test_the_pace_is_changed_bit_by_bit(shop: Shop) -> None:
    before = shop.look("/pace")
    assert shop.control("/pace", debit_after=None) == {**before, "debit_after": None}
    assert shop.browser.post(f"{shop.url}/_sandbox/pace", json={"haste": 1}).status_code == 422


@pytest.mark.parametrize("pace", [{"settle_after": None}, {"settle_after": 60}])
def test_a_payment_has_no_balance_transaction_until_it_is_settled(
    shop: Shop, pace: dict[str, float | None]
) -> None:
    shop.control("/pace", **pace)
    charge = shop.stripe.v1.charges.list({"payment_intent": str(shop.session(shop.paid()).payment_intent)})
    assert charge.data[0].balance_transaction is None
    shop.control(f"/payments/{charge.data[0].id}/settle")
    settled = shop.stripe.v1.charges.retrieve(charge.data[0].id, {"expand": ["balance_transaction"]})
    assert isinstance(settled.balance_transaction, stripe.BalanceTransaction)
    wait_until(lambda: shop.receiver.times("charge.updated") == 1)
