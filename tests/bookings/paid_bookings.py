"""Bookings that are paid, what goes back of them, and the mails about them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from app.emails.models import Email
from app.payments.models import Refund
from tests.people import Person
from tests.shop import Shop


def soon(hours: int) -> datetime:
    """A full hour, so many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


def paid(shop: Shop, client: Person, coach: Person, at: datetime) -> str:
    booking = client.books(coach, at)
    shop.deliver_event(shop.paid(client.checks_out(booking)))
    return str(booking["id"])


def refunded(shop: Shop) -> list[int]:
    return [refund.amount_minor for refund in shop.rows(Refund)]


def mails(shop: Shop, kind: str) -> dict[str, Email]:
    return {mail.recipient: mail for mail in shop.rows(Email) if mail.kind == kind}


def subscribed(person: Person) -> str:
    """Path and query of a new feed."""
    parts = urlsplit(person.post("/booking/feed").json()["url"])
    return f"{parts.path}?{parts.query}"
