"""Calendar feeds: a person's bookings, behind a renewable token."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from app import audit
from app.accounts import sessions
from app.accounts.models import Account
from app.bookings import calendar
from app.bookings.models import Booking
from app.bookings.status import AGREED
from app.config.settings import current_settings
from app.extensions import db, now
from app.http.problems import NotFound

KEPT = timedelta(days=90)
"""How long a past session stays in the feed."""


def renewed(account: Account, sign_in_id: UUID) -> str:
    """The URL of the person's feed, with a new token. The earlier one stops working.

    Raises Unauthorized if the sign-in has ended, so that its feed cannot outlive it.
    """
    account.lock()
    sessions.started_at(sign_in_id)
    account.check_not_erased()
    token = secrets.token_urlsafe(32)
    account.feed_token_hash = _hash(token)
    audit.record("feed.renew", f"account:{account.id}")
    public_url = current_settings().public_url
    return f"{public_url}/booking/feed.ics?token={token}"


def revoke(account: Account) -> None:
    if account.feed_token_hash is None:
        return
    account.feed_token_hash = None
    audit.record("feed.revoke", f"account:{account.id}")


def behind(token: str, account_id: UUID | None = None) -> str:
    """The iCalendar feed of this token; if an owner is given, only the owner's. Raises NotFound."""
    account = _owner(token)
    if account is None or account_id not in {None, account.id}:
        raise NotFound("There is no calendar at this URL. Get a new one in your account.")
    bookings = db.session.scalars(
        select(Booking)
        .where(
            or_(Booking.client_id == account.id, Booking.coach_id == account.id), Booking.status.in_(AGREED)
        )
        .where(func.lower(Booking.period) > now() - KEPT)
        .order_by(func.lower(Booking.period))
        .options(joinedload(Booking.coach), joinedload(Booking.client))
    ).all()
    return calendar.feed(bookings)


def _owner(token: str) -> Account | None:
    known = Account.feed_token_hash == _hash(token), Account.deactivated_at.is_(None)
    return db.session.scalar(select(Account).where(*known))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
