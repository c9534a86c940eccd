"""Access to bookings: who may see, cancel, move or complete one.

Client, coach and admins may see, cancel and move it; only its coach records the outcome. Until when each side
may change it: `cancellation.check_may_change`.
"""

from uuid import UUID

from app.accounts.models import Account, Role
from app.bookings.models import Booking, BookingSeries, Party
from app.extensions import db
from app.http.problems import Forbidden, NotFound


def may_see(account: Account, row: Booking | BookingSeries) -> bool:
    """Whether the account is its client, its coach or an admin."""
    return account.role is Role.ADMIN or account.id in {row.client_id, row.coach_id}


def party(account: Account, booking: Booking) -> Party:
    """The role in the booking of an account that may see it."""
    if account.id == booking.client_id:
        return Party.CLIENT
    return Party.COACH if account.id == booking.coach_id else Party.ADMIN


def visible_booking(account: Account, booking_id: UUID) -> Booking:
    """A booking for its client, its coach or an admin. Raises NotFound for all others."""
    booking = db.session.get(Booking, booking_id)
    if booking is None or not may_see(account, booking):
        raise NotFound("There is no such booking.")
    return booking


def visible_series(account: Account, series_id: UUID) -> BookingSeries:
    """A series for its client, its coach or an admin. Raises NotFound for all others."""
    series = db.session.get(BookingSeries, series_id)
    if series is None or not may_see(account, series):
        raise NotFound("There is no such series.")
    return series


def changeable_booking(account: Account, booking_id: UUID) -> tuple[Booking, Party]:
    """A booking locked for a change, with the caller's role in it. Raises NotFound."""
    booking = visible_booking(account, booking_id)
    locked = Booking.locked(booking.id)
    assert locked, "bookings are never deleted"
    return locked, party(account, locked)


def booking_of_coach(account: Account, booking_id: UUID) -> Booking:
    """A booking locked for a change by its coach. Raises NotFound, Forbidden."""
    booking, role = changeable_booking(account, booking_id)
    if role is not Party.COACH:
        raise Forbidden("Only the coach of this booking can record its outcome.")
    return booking
