"""What comes out in the end, waited for."""

from typing import Any

from sqlalchemy import text

from tests.people import Checkout, Person
from tests.stack import Stack
from tests.waiting import wait_until


def confirmed(client: Person, booking: dict[str, Any]) -> dict[str, Any]:
    return wait_until(lambda: (seen := client.booking(booking))["status"] == "confirmed" and seen)


def failed(client: Person, checkout: dict[str, Any]) -> dict[str, Any]:
    return wait_until(lambda: (seen := client.payment(checkout))["status"] == "failed" and seen)


def mail_with(stack: Stack, reader: Person, subject: str) -> dict[str, Any]:
    """The one mail to this reader whose subject begins so."""
    mails = wait_until(
        lambda: [mail for mail in stack.sandbox.mails_to(reader.email) if mail["subject"].startswith(subject)]
    )
    assert len(mails) == 1
    return mails[0]


def confirmations(stack: Stack, reader: Person) -> int:
    return sum(mail["subject"].startswith("Confirmed") for mail in stack.sandbox.mails_to(reader.email))


def settled(stack: Stack) -> None:
    """Wait until nothing is under way: deliveries, events and mails are all done."""
    wait_until(lambda: _under_way(stack) == 0)  # what is lost on the way is swept up after a while


def _under_way(stack: Stack) -> int:
    with stack.database.connect() as connection:
        rows = connection.scalar(
            text(
                "SELECT (SELECT count(*) FROM stripe_event WHERE status = 'received')"
                " + (SELECT count(*) FROM email WHERE status IN ('queued', 'sending') AND NOT held_back)"
            )
        )
    return len(stack.waiting()) + int(rows or 0)


DISPUTED = "4000000000000259"


def dispute_of(client: Person, checkout: Checkout, status: str) -> dict[str, Any]:
    """The payment's dispute, once it stands so."""

    def found() -> dict[str, Any] | None:
        disputes: list[dict[str, Any]] = client.payment(checkout)["disputes"]
        return next((dispute for dispute in disputes if dispute["status"] == status), None)

    return wait_until(found)
