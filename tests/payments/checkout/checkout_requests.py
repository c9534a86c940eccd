"""Asking for the page on which a booking is paid."""

from typing import Any

import httpx
from sqlalchemy import text

from app.extensions import db
from tests.people import Person

PAID, CANCELLED = "https://example.com/paid?session={CHECKOUT_SESSION_ID}", "https://example.com/cancelled"


def ask(client: Person, booking: dict[str, Any], **changes: Any) -> httpx.Response:
    wish = {"booking_id": booking["id"], "success_url": PAID, "cancel_url": CANCELLED} | changes
    return client.post("/payment/checkout", json=wish)


def booking_becomes(status: str, hold: str = "NULL") -> None:
    db.session.execute(text(f"UPDATE booking SET status = '{status}', hold_expires_at = {hold}"))
    db.session.commit()
