"""The mails about money that goes back."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.emails.outbox import moment, put

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account
    from app.bookings.models import Booking
    from app.money import Money
    from app.payments.models import Refund


def payment_returned(
    bookings: "Sequence[Booking]", payment_id: UUID, amount: "Money", why: str, free: Sequence[datetime]
) -> None:
    """To the client: the money goes back, for which sessions, why, and which times are free instead."""
    first = bookings[0]
    zone = first.client.zone
    put(
        "payment_returned",
        f"{payment_id}:{first.id}",
        first.client,
        f"Your payment of {amount} is on its way back",
        coach=first.coach,
        sessions=[moment(booking.start, zone) for booking in bookings],
        amount=amount,
        why=why,
        free=[moment(start, zone) for start in free],
    )


def refund_issued(client: "Account", refund: "Refund") -> None:
    """To the client: Stripe sends this money back."""
    when = moment(refund.created_at, client.zone)
    put("refund_issued", refund.id, client, f"Refund of {refund.money} issued", refund=refund, when=when)


def refund_failed(client: "Account", refund: "Refund") -> None:
    """To the client: the bank did not take the money back; it comes another way."""
    put("refund_failed", refund.id, client, f"Your refund of {refund.money} did not arrive", refund=refund)
