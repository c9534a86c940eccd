"""What fails at first is tried again, by the workers themselves."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Row, text

from tests.people import PASSWORD, Person
from tests.stack import Stack
from tests.system.outcomes import confirmed, mail_with
from tests.waiting import wait_until


def test_a_mail_that_is_greylisted_arrives_in_the_end(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    stack.sandbox.mail_fails(at="rcpt", to=client.email, reply="451 4.7.1 try again later", times=2)
    stack.sandbox.pays(client.checks_out(booking))

    confirmed(client, booking)

    mail_with(stack, client, "Confirmed")
    mail_with(stack, coach, "Confirmed")


def test_a_refund_is_asked_for_until_stripe_takes_it(stack: Stack, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.control("/faults", path="/v1/refunds", method="POST", status=503, times=3)
    stack.sandbox.control("/deliveries/rule", mode="hold")
    stack.sandbox.pays(checkout)
    stack.run_out(booking)
    Person.registered(stack.http, "client").books(coach)

    stack.sandbox.control("/deliveries/release")
    stack.sandbox.control("/deliveries/rule", mode="normal")

    wait_until(lambda: client.payment(checkout)["status"] == "refunded")
    assert len(client.payment(checkout)["refunds"]) == 1


def test_checkout_says_so_when_stripe_is_broken_and_works_when_it_is_not(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    stack.sandbox.control("/faults", path="/v1/checkout/sessions", method="POST", status=500, times=1)
    wish = {
        "booking_id": booking["id"],
        "success_url": "https://example.com/paid",
        "cancel_url": "https://example.com/cancelled",
    }

    refused = client.post("/payment/checkout", json=wish)

    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert refused.json()["type"] == "/problems/payments-unavailable"
    stack.sandbox.pays(client.checks_out(booking))
    confirmed(client, booking)


def test_a_mail_that_is_withdrawn_while_the_server_refuses_it_is_not_tried_again(stack: Stack) -> None:
    newcomer = f"{uuid4().hex}@example.com"
    stack.sandbox.mail_fails(at="rcpt", to=newcomer, reply="451 4.3.0 Try again later", delay_seconds=2)
    account = {"email": newcomer, "password": PASSWORD, "name": "Newcomer", "role": "client"}
    stack.http.post("/auth/register", json=account).raise_for_status()
    wait_until(lambda: _mail(stack, newcomer).status == "sending")

    with stack.database.begin() as connection:
        withdraw = text("UPDATE email SET status = 'withdrawn' WHERE recipient = :to")
        connection.execute(withdraw, {"to": newcomer})

    wait_until(lambda: _mail(stack, newcomer).last_error)
    assert _mail(stack, newcomer).status == "withdrawn"


def _mail(stack: Stack, reader: str) -> Row[Any]:
    with stack.database.connect() as connection:
        look = text("SELECT status, last_error FROM email WHERE recipient = :to")
        return connection.execute(look, {"to": reader}).one()
