"""A series is paid for in one checkout; each session keeps its own share of the money."""

from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db
from app.payments.checkout import expiry
from app.payments.models import Refund
from app.payments.refunds import submission
from tests.people import Person, next_week
from tests.shop import Shop


def paid_series(shop: Shop, client: Person, coach: Person, sessions: int = 3) -> dict[str, Any]:
    series = client.books_series(coach, sessions)
    shop.deliver_event(shop.paid(client.checks_out(series)))
    return series


def statuses(client: Person, series: dict[str, Any]) -> list[str]:
    return [booking["status"] for booking in client.get(f"/booking/series/{series['id']}").json()["items"]]


def cancels(person: Person, booking: dict[str, Any]) -> None:
    assert person.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200


def given_back(shop: Shop) -> list[tuple[str, int]]:
    return sorted((str(refund.booking_id), refund.amount_minor) for refund in shop.rows(Refund))


def expired(booking: dict[str, Any]) -> None:
    forgotten = text("UPDATE booking SET status = 'expired', hold_expires_at = NULL WHERE id = :id")
    db.session.execute(forgotten, {"id": booking["id"]})
    db.session.commit()


def test_one_checkout_pays_for_all_and_names_each_session(shop: Shop, client: Person, coach: Person) -> None:
    series = client.books_series(coach)

    checkout = client.checks_out(series)

    assert checkout["amount_minor"] == 22500
    page = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}/line_items")
    assert [item["amount_total"] for item in page["data"]] == [7500] * 3
    payment = client.payment(checkout)
    assert payment["booking_id"] == series["items"][0]["id"]
    assert [line["booking_id"] for line in payment["lines"]] == [each["id"] for each in series["items"]]
    assert {each["payment_id"] for each in client.get("/booking").json()["items"]} == {payment["id"]}


def test_any_session_of_a_series_leads_to_the_checkout_of_them_all(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)

    by_series, by_booking = client.checks_out(series), client.checks_out(series["items"][1])

    assert by_series["session_id"] == by_booking["session_id"]


def test_paid_all_are_confirmed_and_each_side_gets_one_mail(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = paid_series(shop, client, coach)

    assert statuses(client, series) == ["confirmed"] * 3
    told = shop.mails("series_confirmed")
    assert {mail.recipient for mail in told} == {client.email, coach.email}
    assert len(shop.rows(Email)) == len(told) + 2  # and two addresses to verify
    assert "225.00 EUR" in told[0].text_body
    invitations = Calendar.from_ical(told[0].calendar or "", multiple=True)
    assert [invitation["METHOD"] for invitation in invitations] == ["REQUEST"] * 3
    assert [[str(event["UID"]) for event in invitation.events] for invitation in invitations] == [
        [f"booking-{each['id']}@culturebridge"] for each in series["items"]
    ]


def test_told_again_nothing_more_happens(shop: Shop, client: Person, coach: Person) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.paid(checkout)

    for event in [*shop.events(checkout), *shop.events(checkout)[::-1]]:
        shop.deliver_event(event)

    assert statuses(client, series) == ["confirmed"] * 3
    assert (len(shop.mails("series_confirmed")), given_back(shop)) == (2, [])


def test_cancelling_one_gives_back_its_share_and_leaves_the_others(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = paid_series(shop, client, coach)
    one = series["items"][1]

    cancels(client, one)

    assert statuses(client, series) == ["confirmed", "cancelled", "confirmed"]
    assert given_back(shop) == [(one["id"], 7500)]
    (refund,) = shop.rows(Refund)
    shop.work(submission.issue, refund.id)
    payment = client.get(f"/payment/{refund.payment_id}").json()
    assert (payment["status"], payment["amount_refunded"]) == ("partially_refunded", 75.0)
    assert [line["left_minor"] for line in payment["lines"]] == [7500, 0, 7500]


def test_cancelling_all_one_by_one_gives_everything_back(shop: Shop, client: Person, coach: Person) -> None:
    series = paid_series(shop, client, coach)

    for booking in series["items"]:
        cancels(coach, booking)
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)

    (payment_id,) = {refund.payment_id for refund in shop.rows(Refund)}
    assert client.get(f"/payment/{payment_id}").json()["status"] == "refunded"


def test_moving_one_leaves_the_others_and_the_money(shop: Shop, client: Person, coach: Person) -> None:
    series = paid_series(shop, client, coach)
    one = series["items"][0]

    answer = client.post(
        f"/booking/{one['id']}/reschedule", json={"session_datetime": next_week(15).isoformat()}
    )

    assert answer.status_code == 200
    after = client.get(f"/booking/series/{series['id']}").json()["items"]
    assert after[0]["session_datetime"] != one["session_datetime"]
    assert [each["session_datetime"] for each in after[1:]] == [
        each["session_datetime"] for each in series["items"][1:]
    ]
    assert given_back(shop) == []


def test_one_called_off_before_paying_closes_the_page_and_the_others_can_still_be_paid(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    first = client.checks_out(series)
    cancels(client, series["items"][0])
    shop.work(expiry.close, UUID(first["payment_id"]))  # the job that follows the commit
    for event in shop.events(first):
        shop.deliver_event(event)

    second = client.checks_out(series)
    shop.deliver_event(shop.paid(second))

    assert (second["amount_minor"], statuses(client, series)) == (
        15000,
        ["cancelled", "confirmed", "confirmed"],
    )


def test_one_called_off_while_the_payer_pays_gets_its_share_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    event = shop.paid(client.checks_out(series))
    cancels(client, series["items"][2])

    shop.deliver_event(event)

    assert statuses(client, series) == ["confirmed", "confirmed", "cancelled"]
    assert given_back(shop) == [(series["items"][2]["id"], 7500)]
    (mail,) = shop.mails("payment_returned")
    assert "75.00 EUR" in mail.subject


def test_paid_late_the_times_that_are_free_are_confirmed_and_the_others_go_back(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    event = shop.paid(client.checks_out(series))
    for booking in series["items"]:
        expired(booking)
    Person.registered(client.http, "client").books(coach, next_week())

    shop.deliver_event(event)

    assert statuses(client, series) == ["expired", "confirmed", "confirmed"]
    assert given_back(shop) == [(series["items"][0]["id"], 7500)]
    assert {mail.recipient for mail in shop.mails("series_confirmed")} == {client.email, coach.email}


def test_paid_twice_the_second_payment_goes_back_in_one_mail(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    first = shop.paid(client.checks_out(series))
    db.session.execute(text("UPDATE payment SET status = 'expired'"))  # its event is late, another opens
    db.session.commit()
    second = shop.paid(client.checks_out(series))

    shop.deliver_event(first)
    shop.deliver_event(second)

    assert [amount for _, amount in given_back(shop)] == [7500] * 3
    (mail,) = shop.mails("payment_returned")
    assert "225.00 EUR" in mail.subject


@pytest.mark.parametrize("by_hand", [2500, 22500])
def test_what_went_back_by_hand_is_not_given_back_twice(
    shop: Shop, client: Person, coach: Person, by_hand: int
) -> None:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    shop.sandbox.control(f"/payments/{intent}/refund", amount=by_hand)
    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    for booking in series["items"]:
        cancels(coach, booking)

    assert sum(amount for _, amount in given_back(shop)) == 22500


def test_a_hold_that_ran_out_frees_every_time_of_its_series(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    client.checks_out(series)
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 second'"))
    db.session.commit()

    shop.work(expiry.release, UUID(series["items"][1]["id"]))

    assert statuses(client, series) == ["expired"] * 3


@pytest.mark.parametrize("wish", [{}, {"booking_id": None}])
def test_a_checkout_for_nothing_is_refused(client: Person, wish: dict[str, Any]) -> None:
    urls = {"success_url": "https://example.com/paid", "cancel_url": "https://example.com/off"}

    answer = client.post("/payment/checkout", json=urls | wish)

    assert answer.status_code == 422
    assert "either booking_id or series_id" in answer.json()["detail"]
