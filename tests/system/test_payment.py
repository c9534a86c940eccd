"""From the wish to the mails, through every process."""

from tests.people import ASKS_FOR_3DS, DECLINED, Person
from tests.stack import Stack
from tests.system.outcomes import confirmations, confirmed, failed, mail_with, settled
from tests.waiting import wait_until


def test_a_paid_session_is_confirmed_and_both_are_told(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    answer = stack.sandbox.pays(checkout)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"https://example.com/paid?session={checkout['session_id']}"
    assert confirmed(client, booking)["payment_id"] == checkout["payment_id"]
    payment = client.payment(checkout)
    assert payment["status"] == "succeeded"
    assert payment["stripe_session_id"] == checkout["session_id"]
    for reader in (client, coach):
        mail = mail_with(stack, reader, "Confirmed: 60 minutes of coaching")
        assert "Your session is confirmed" in mail["html"]
        assert "session is confirmed" in mail["text"]
        assert [attached["filename"] for attached in mail["attachments"]].count("session.ics") == 1


def test_the_receipt_arrives_with_the_charge(stack: Stack, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    stack.sandbox.pays(checkout)

    payment = wait_until(lambda: (seen := client.payment(checkout))["receipt_url"] and seen)

    assert stack.sandbox.http.get(payment["receipt_url"]).status_code == 200


def test_a_declined_card_leaves_the_hold_and_another_card_pays(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    page = stack.sandbox.pays(checkout, DECLINED)

    assert "declined" in page.text
    assert failed(client, checkout)["failure"]["code"] == "generic_decline"
    assert client.booking(booking)["status"] == "pending"

    assert stack.sandbox.pays(checkout).status_code == 303
    confirmed(client, booking)
    assert client.payment(checkout)["failure"] is None


def test_a_card_that_asks_for_3d_secure_pays_once_accepted(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    assert "Confirm your payment" in stack.sandbox.pays(checkout, ASKS_FOR_3DS).text
    assert client.booking(booking)["status"] == "pending"
    assert stack.sandbox.authenticates(checkout, "accept").status_code == 303

    confirmed(client, booking)


def test_a_refused_3d_secure_pays_nothing_and_leaves_the_page_open(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.pays(checkout, ASKS_FOR_3DS)

    stack.sandbox.authenticates(checkout, "refuse")

    assert failed(client, checkout)["failure"]["code"] == "payment_intent_authentication_failure"
    assert client.booking(booking)["status"] == "pending"
    assert stack.sandbox.pays(checkout).status_code == 303
    confirmed(client, booking)


def test_leaving_the_page_by_cancel_keeps_the_hold_and_the_page(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    assert "https://example.com/cancelled" in stack.sandbox.http.get(checkout["url"]).text

    assert client.booking(booking)["status"] == "pending"
    assert client.checks_out(booking)["session_id"] == checkout["session_id"]


def test_a_session_that_expires_frees_the_time(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)

    stack.sandbox.control(f"/sessions/{checkout['session_id']}/expire")

    wait_until(lambda: client.booking(booking)["status"] == "expired")
    assert client.payment(checkout)["status"] == "expired"
    Person.registered(stack.http, "client").books(coach)


def test_other_urls_close_the_open_page_and_open_another(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    first = client.checks_out(booking)

    second = client.checks_out(booking, "https://example.com/elsewhere")

    assert second["session_id"] != first["session_id"]
    assert stack.sandbox.pays(first).status_code != 303
    settled(stack)
    assert client.booking(booking)["status"] == "pending"
    stack.sandbox.pays(second)
    assert confirmed(client, booking)["payment_id"] == second["payment_id"]


def test_events_three_times_and_in_reverse_confirm_once_and_tell_each_once(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.control("/deliveries/rule", mode="hold")
    stack.sandbox.pays(checkout, DECLINED)
    stack.sandbox.pays(checkout)

    stack.sandbox.control("/deliveries/release", order="reversed", times=3)

    confirmed(client, booking)
    settled(stack)
    assert client.payment(checkout)["status"] == "succeeded"
    assert client.payment(checkout)["failure"] is None
    assert confirmations(stack, client) == 1
    assert confirmations(stack, coach) == 1


def test_what_is_paid_twice_goes_back_and_the_payer_reads_why(
    stack: Stack, client: Person, coach: Person
) -> None:
    """A coach cancels one of a series while Stripe closes no page: the old page is paid, and the new one."""
    kept, cancelled = client.books_series(coach, 2)["items"]
    old = client.checks_out(kept)
    expire = f"/v1/checkout/sessions/{old['session_id']}/expire"
    stack.sandbox.control("/faults", path=expire, method="POST", status=503, times=20)
    coach.post(f"/booking/{cancelled['id']}/cancel", json={"reason": "ill"}).raise_for_status()
    new = client.checks_out(kept)
    assert new["session_id"] != old["session_id"]

    assert stack.sandbox.pays(old).status_code == 303
    assert confirmed(client, kept)["payment_id"] == old["payment_id"]
    assert stack.sandbox.pays(new).status_code == 303

    second = wait_until(lambda: (seen := client.payment(new))["status"] == "refunded" and seen)
    assert [refund["amount"] for refund in second["refunds"]] == [75]
    first = wait_until(lambda: (seen := client.payment(old))["status"] == "partially_refunded" and seen)
    assert [refund["amount"] for refund in first["refunds"]] == [75]
    assert client.booking(kept)["status"] == "confirmed"
    settled(stack)
    told = [
        mail["text"] for mail in stack.sandbox.mails_to(client.email) if "on its way back" in mail["subject"]
    ]
    assert len(told) == 2
    assert sum("paid twice" in words for words in told) == 1
