"""Queries for lists of bookings."""

from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import defer

from app import time_zones
from app.accounts.models import Account, Role
from app.bookings.models import Booking, Party
from app.bookings.schemas import BookingList, BookingSearch, BookingView
from app.db.plans import planned_for_values
from app.extensions import db
from app.http.pagination import cursor_after, page, position

_NOT_SHOWN = (defer(Booking.busy), defer(Booking.policy))
"""A range and a document, which take a third of the time to read a row."""


def search(account: Account, wish: BookingSearch) -> BookingList:
    """One page of the caller's bookings, by start. Plain dates count in the caller's zone.

    Raises Invalid for a foreign cursor.
    """
    start = func.lower(Booking.period)
    query = _of(account, wish.party or _usual_party(account), select(Booking).options(*_NOT_SHOWN))
    if wish.status:
        query = query.where(Booking.status == wish.status)
    if wish.since:
        query = query.where(start >= time_zones.start_of(wish.since, account.zone))
    if wish.until:
        query = query.where(start < time_zones.end_of(wish.until, account.zone))
    order = (start.desc(), Booking.id.desc()) if wish.newest_first else (start, Booking.id)
    if wish.cursor:
        last = tuple_(*position(wish.cursor))
        query = query.where(
            tuple_(start, Booking.id) < last if wish.newest_first else tuple_(start, Booking.id) > last
        )
    with planned_for_values():
        found = db.session.scalars(query.order_by(*order).limit(wish.limit + 1)).all()
    rows, more = page(found, wish.limit)
    return BookingList(
        items=[BookingView.of(booking) for booking in rows],
        next_cursor=cursor_after(rows[-1].start, rows[-1].id) if more else None,
    )


def _usual_party(account: Account) -> Party:
    return {Role.CLIENT: Party.CLIENT, Role.COACH: Party.COACH, Role.ADMIN: Party.ADMIN}[account.role]


def _of(account: Account, party: Party, query: Select[Any]) -> Select[Any]:
    if party is Party.CLIENT:
        return query.where(Booking.client_id == account.id)
    if party is Party.COACH:
        return query.where(Booking.coach_id == account.id)
    return query
