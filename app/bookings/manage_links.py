"""Links in mails with which a client sees, moves and cancels one booking without signing in.

A link is signed for one booking and one address, and works until 30 days after the session. It gives no
rights to the account. The client can end all links of a booking.
"""

from datetime import timedelta

from app.accounts.models import Account
from app.bookings.models import Booking
from app.config.settings import current_settings
from app.emails import signed_links
from app.extensions import db, now
from app.http.problems import Problem

LASTS = timedelta(days=30)
"""After the session."""


class LinkEnded(Problem):
    status, slug, title = 410, "link-ended", "This link does not work"
    meaning = "The link to a booking is not complete, or was ended by the client or by time."
    remedy = "Open the link of the newest mail about the session, or sign in."


def address(booking: Booking, reader: Account) -> str | None:
    """The link for a mail to its client; None for other readers. The outbox stores it unsigned."""
    if reader.id != booking.client_id:
        return None
    token = signed_links.unsigned_manage(booking.id, booking.link_generation)
    return f"{current_settings().public_url}/manage/{token}"


def find(token: str) -> Booking:
    """The booking of a link. Raises LinkEnded for an altered, expired or revoked one."""
    named = signed_links.managed_by(token)
    booking = db.session.get(Booking, named[0]) if named else None
    if booking is None or named is None or not signed_links.manages(token, booking.client.email):
        raise _ended()
    _check(booking, named[1])
    return booking


def locked(token: str) -> Booking:
    """The booking of a link, locked for a change. Raises LinkEnded."""
    found = Booking.locked(find(token).id)
    assert found, "bookings are never deleted"
    return find(token)  # the link may have ended during the wait


def revoke(booking: Booking) -> None:
    """End all links of a locked booking. Later mails have new ones."""
    booking.link_generation += 1


def _check(booking: Booking, generation: int) -> None:
    is_over = booking.end + LASTS < now()
    if is_over or generation != booking.link_generation or booking.client.deactivated_at:
        raise _ended()


def _ended() -> LinkEnded:
    return LinkEnded("Open the link of the newest mail about the session, or sign in.")
