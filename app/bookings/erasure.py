"""Erasure of an account's bookings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from app.accounts.models import Account, Role
from app.bookings import cancellation
from app.bookings.models import Booking, Party
from app.bookings.status import Status
from app.coaches.models import Coach
from app.extensions import db, now

WHY = "The account was erased."


def lock(account: Account) -> None:
    """Lock everyone in the account's upcoming sessions, in the common order: coaches, then accounts.

    Raises Unauthorized if the account was erased concurrently.
    """
    for coach_id in _coaches(account):
        Coach.locked(coach_id)
    db.session.refresh(account, with_for_update=True)  # waits for transactions that write rows of theirs
    account.check_not_erased()


def call_off(account: Account) -> int:
    """Cancel all upcoming sessions and unpaid holds, as the person would. Returns their number."""
    party = Party.COACH if account.role is Role.COACH else Party.CLIENT
    coming = _coming(account)
    for booking_id in coming:
        booking = Booking.locked(booking_id)
        assert booking, "bookings are never deleted"
        cancellation.cancel_for_erasure(booking, party, WHY)
    db.session.flush()
    return len(coming)


def forget_words(account: Account) -> None:
    """Delete what the person wrote in bookings: notes, reasons of cancellation, and a coach's video link.

    With a client, texts that were written to the client go too.
    """
    as_client, as_coach = Booking.client_id == account.id, Booking.coach_id == account.id
    _clear(as_client, Booking.notes != "", notes="")
    ours = or_(as_client, and_(as_coach, Booking.cancelled_by == Party.COACH))
    _clear(ours, Booking.cancel_reason != WHY, cancel_reason="")
    _clear(as_coach, Booking.video_url.is_not(None), video_url=None)


def others(account: Account) -> Select[UUID]:
    """Accounts whose stored answers may show the person: partners of bookings, and administrators."""
    met = (
        select(Booking.coach_id).where(Booking.client_id == account.id),
        select(Booking.client_id).where(Booking.coach_id == account.id),
    )
    return select(Account.id).where(or_(Account.role == Role.ADMIN, *(Account.id.in_(ids) for ids in met)))


def _coaches(account: Account) -> Sequence[UUID]:
    if account.role is Role.COACH:
        return [account.id]
    of_client = select(Booking.coach_id).where(_is_coming(account)).distinct()
    return db.session.scalars(of_client.order_by(Booking.coach_id)).all()


def _coming(account: Account) -> Sequence[UUID]:
    """Ordered by account, so that two concurrent erasures do not deadlock."""
    start = func.lower(Booking.period)
    query = select(Booking.id).where(_is_coming(account))
    return db.session.scalars(query.order_by(Booking.coach_id, Booking.client_id, start)).all()


def _is_coming(account: Account) -> ColumnElement[bool]:
    whose = Booking.coach_id if account.role is Role.COACH else Booking.client_id
    is_ahead = func.lower(Booking.period) > now()
    confirmed = and_(Booking.status == Status.CONFIRMED, is_ahead)
    return and_(whose == account.id, or_(Booking.status == Status.PENDING, confirmed))


def _clear(*which: ColumnElement[bool], **values: object) -> None:
    kept = {"updated_at": Booking.updated_at}  # the booking itself has not changed
    db.session.execute(
        update(Booking).where(*which).values(**values, **kept).execution_options(synchronize_session=False)
    )
