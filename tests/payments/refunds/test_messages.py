"""What the client reads of money that goes back: how much, for which session, and why."""

from typing import Any

from app.emails.models import Email
from app.payments.models import Refund
from app.payments.refunds import submission
from tests.people import Checkout, Person
from tests.shop import Shop, changed


def paid_series(shop: Shop, client: Person, coach: Person) -> tuple[dict[str, Any], Checkout]:
    series = client.books_series(coach)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    return series, checkout


def mail(shop: Shop, kind: str) -> Email:
    """The one of its kind to the client, as text and as page alike."""
    (found,) = (each for each in shop.mails(kind) if "client" in each.recipient)
    return found


def issue_all(shop: Shop) -> None:
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)


def test_a_refund_names_the_session_whose_share_it_is(shop: Shop, client: Person, coach: Person) -> None:
    client.prove_address()
    series, checkout = paid_series(shop, client, coach)
    wish = {"booking_id": series["items"][1]["id"], "amount": 10, "reason": "too late\nfor both"}
    coach.post(f"/payment/{checkout['payment_id']}/refund", json=wish)

    issue_all(shop)

    told = mail(shop, "refund_issued")
    assert "60 minutes with Coach" in told.text_body
    assert "10:00 (Europe/London, UTC+00:00)" in told.text_body
    assert "10:00 (Europe/London, UTC+00:00)" in told.html_body
    assert "  Reason  too late\n          for both\n" in told.text_body


def test_one_made_at_stripe_for_a_series_names_the_series_and_no_dashboard(
    shop: Shop, client: Person, coach: Person
) -> None:
    client.prove_address()
    _, checkout = paid_series(shop, client, coach)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=500)

    for event in shop.events(checkout, "refund."):
        shop.deliver_event(event)

    told = mail(shop, "refund_issued")
    assert "3 sessions with Coach" in told.text_body
    assert "dashboard" not in told.text_body + told.html_body


def test_one_made_at_stripe_that_takes_its_time_is_told_at_once_and_once(
    unhurried: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    unhurried.deliver_event(unhurried.paid(checkout, "4000000000007726"))

    (created,) = unhurried.refunds_by_hand(checkout)
    unhurried.deliver_event(created)

    assert created["data"]["object"]["status"] == "pending"
    assert "75.00 EUR" in mail(unhurried, "refund_issued").subject
    unhurried.deliver_event(changed(created, status="succeeded"))
    assert mail(unhurried, "refund_issued")


def test_one_that_did_not_arrive_names_its_session_too(shop: Shop, client: Person, coach: Person) -> None:
    series, checkout = paid_series(shop, client, coach)
    client.post(f"/booking/{series['items'][0]['id']}/cancel", json={})
    issue_all(shop)
    (refund,) = shop.events(checkout, "refund.created")

    shop.deliver_event(refund, status="failed", failure_reason="expired_or_canceled_card")

    assert "10:00 (Europe/London" in mail(shop, "refund_failed").text_body


def test_of_a_series_only_the_share_of_the_cancelled_session_goes_back_and_the_mails_say_so(
    shop: Shop, client: Person, coach: Person
) -> None:
    series = client.books_series(coach)
    paid = shop.paid(client.checks_out(series))
    coach.post(f"/booking/{series['items'][0]['id']}/cancel", json={"reason": "ill"})

    shop.deliver_event(paid)

    assert "The other sessions of the series stay as they are" in mail(shop, "hold_cancelled").text_body
    returned = mail(shop, "payment_returned")
    assert "75.00 EUR" in returned.text_body
    assert "in full" not in returned.text_body + returned.html_body


def test_one_that_stripe_refuses_is_told_to_the_client_who_waits_for_it(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking, _ = shop.pays_for(client, coach)
    client.post(f"/booking/{booking['id']}/cancel", json={})
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", status=400)

    issue_all(shop)

    told = mail(shop, "refund_failed")
    assert told.subject == "Your refund of 75.00 EUR could not be made"
    for body in (told.text_body, told.html_body):
        assert "not be made" in body
        assert "that we announced" not in body
        assert "The money is yours" in body
    assert shop.mails("refund_issued") == []
    assert len(shop.ops_mails()) == 1
