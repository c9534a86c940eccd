"""The mails of a booking that is paid for."""

from typing import Any
from uuid import UUID

from app.bookings import lifecycle
from app.bookings.models import Booking
from tests.outbox import Post
from tests.people import Person, next_week

CONFIRMED = "booking_confirmed"


def confirmed(post: Post, client: Person, coach: Person, notes: str = "") -> dict[str, Any]:
    """A booking that is confirmed, its mails waiting."""
    booking: dict[str, Any] = client.wish(coach, next_week(10), notes=notes).json()

    def confirm() -> None:
        found = Booking.locked(UUID(booking["id"]))
        assert found
        lifecycle.confirm(found)
        lifecycle.announce([found])

    post.work(confirm)
    return booking
