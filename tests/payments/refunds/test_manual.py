"""Refunds that a coach or an admin gives by hand."""

from typing import Any

import httpx
import pytest

from app.extensions import db
from app.payments.models import Refund
from app.payments.refunds import submission
from app.payments.refunds.manual import MAX_PARTS
from app.payments.status import RefundStatus
from tests.accounts.two_factor.authenticator import proven
from tests.people import Person, next_week
from tests.shop import Shop, become_admin


def refunds(person: Person, checkout: dict[str, Any], **wish: Any) -> httpx.Response:
    return person.post(f"/payment/{checkout['payment_id']}/refund", json={"reason": "a kindness"} | wish)


def issue_all(shop: Shop) -> None:
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)


def test_a_coach_gives_some_of_it_back_and_the_client_is_told(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(proven(client), coach)

    answer = refunds(coach, checkout, amount=20.5)

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["cause"]) == ("pending", "by_hand")
    assert (answer.json()["amount"], answer.json()["amount_minor"]) == (20.5, 2050)
    issue_all(shop)
    payment = client.payment(checkout)
    assert (payment["status"], payment["amount_refunded"]) == ("partially_refunded", 20.5)
    (mail,) = shop.mails("refund_issued")
    assert (mail.recipient, mail.subject) == (client.email, "Refund of 20.50 EUR issued")
    assert "a kindness" in mail.text_body


def test_without_an_amount_all_that_is_left_goes_back(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    refunds(coach, checkout, amount=25)

    answer = refunds(coach, checkout)

    assert answer.json()["amount_minor"] == 5000
    issue_all(shop)
    assert client.payment(checkout)["status"] == "refunded"


def test_the_booking_stays_on_and_a_later_cancelling_gives_back_only_the_rest(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    refunds(coach, checkout, amount=70)
    assert client.booking(booking)["status"] == "confirmed"

    client.post(f"/booking/{booking['id']}/cancel", json={})

    assert sorted(refund.amount_minor for refund in shop.rows(Refund)) == [500, 7000]


@pytest.mark.parametrize(
    ("by_hand", "left", "told"),
    [
        (70, 500, "5.00 EUR will be refunded to the card or account that paid"),
        (75, 0, "none now: everything was refunded before"),
    ],
)
def test_preview_and_mail_of_a_cancelling_name_what_really_goes_back(
    shop: Shop, client: Person, coach: Person, by_hand: int, left: int, told: str
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    refunds(coach, checkout, amount=by_hand)

    preview = client.get(f"/booking/{booking['id']}/cancellation").json()
    client.post(f"/booking/{booking['id']}/cancel", json={})

    assert (preview["refund_percent"], preview["refund_amount_minor"]) == (100, left)
    (mail,) = (each for each in shop.mails("booking_cancelled") if each.recipient == client.email)
    assert told in mail.text_body


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"amount": 75.01}, "/amount"),
        ({"amount": 0}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 0.001}, "/amount"),
        ({"amount": "much"}, "/amount"),
        ({"reason": " "}, "/reason"),
        ({"booking_id": "00000000-0000-0000-0000-000000000000"}, "/booking_id"),
        ({"percent": 50}, "/percent"),
    ],
)
def test_a_refund_that_cannot_be_is_named(
    shop: Shop, client: Person, coach: Person, wish: dict[str, Any], pointer: str
) -> None:
    _, checkout = shop.pays_for(client, coach)

    answer = refunds(coach, checkout, **wish)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert shop.rows(Refund) == []


def test_what_is_all_given_back_or_not_paid_cannot_be_refunded(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    refunds(coach, checkout)
    unpaid = client.checks_out(client.books(coach, next_week(16)))

    answers = [refunds(coach, checkout), refunds(coach, unpaid)]

    assert {(each.status_code, each.json()["type"]) for each in answers} == {
        (409, "/problems/not-refundable")
    }


def test_of_a_series_the_session_is_named_whose_share_goes_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    second = series["items"][1]["id"]

    assert refunds(coach, checkout).json()["errors"][0]["pointer"] == "/booking_id"
    assert refunds(coach, checkout, booking_id=second, amount=76).json()["errors"][0]["pointer"] == "/amount"
    answer = refunds(coach, checkout, booking_id=second)

    assert (answer.json()["booking_id"], answer.json()["amount_minor"]) == (second, 7500)


def test_only_its_coach_or_an_admin_may_refund(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    stranger = Person.registered(client.http, "coach")

    assert refunds(client, checkout).status_code == 403
    assert refunds(stranger, checkout).status_code == 404
    become_admin(stranger)
    assert refunds(stranger, checkout).status_code == 202


def test_asked_twice_under_one_key_it_goes_back_once(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    path, key = f"/payment/{checkout['payment_id']}/refund", {"Idempotency-Key": "once"}
    wish = {"reason": "a kindness", "amount": 10}

    first, again = (coach.post(path, json=wish, headers=key) for _ in range(2))

    assert first.json() == again.json()
    assert len(shop.rows(Refund)) == 1


def test_a_refund_that_comes_back_is_told_to_client_and_operator(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.deliver_event(shop.paid(checkout))
    refunds(coach, checkout, amount=10)
    issue_all(shop)
    (refund,) = shop.events(checkout, "refund.created")

    shop.deliver_event(refund, status="failed", failure_reason="expired_or_canceled_card")

    (told,) = shop.mails("refund_failed")
    assert (told.recipient, told.subject) == (client.email, "Your refund of 10.00 EUR did not arrive")
    assert len(shop.ops_mails()) == 1
    assert client.payment(checkout)["status"] == "succeeded"


def test_a_share_goes_back_in_few_parts_and_the_rest_in_one(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)

    answers = [refunds(coach, checkout, amount=0.01) for _ in range(MAX_PARTS + 1)]

    assert [answer.status_code for answer in answers] == [202] * MAX_PARTS + [409]
    assert answers[-1].json()["type"] == "/problems/too-many-refunds"
    assert refunds(coach, checkout, amount=74.90).status_code == 409
    assert refunds(coach, checkout).json()["amount_minor"] == 7500 - MAX_PARTS
    assert len(shop.rows(Refund)) == MAX_PARTS + 1


def test_parts_that_stripe_refused_and_those_of_other_sessions_do_not_count(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    first, second, _ = (each["id"] for each in series["items"])
    for _ in range(MAX_PARTS):
        assert refunds(coach, checkout, amount=0.01, booking_id=first).status_code == 202
    assert refunds(coach, checkout, amount=0.01, booking_id=first).status_code == 409

    assert refunds(coach, checkout, amount=0.01, booking_id=second).status_code == 202
    shop.rows(Refund)[0].status = RefundStatus.FAILED
    db.session.commit()
    assert refunds(coach, checkout, amount=0.01, booking_id=first).status_code == 202


def test_of_many_parts_the_client_reads_in_few_mails(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(proven(client), coach)
    for _ in range(MAX_PARTS):
        refunds(coach, checkout, amount=0.01)
    refunds(coach, checkout)

    issue_all(shop)

    held_back = sorted(mail.held_back for mail in shop.mails("refund_issued"))
    assert held_back == [False] * 3 + [True] * 3
