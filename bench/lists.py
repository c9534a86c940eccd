"""Questions for a page of a list: of bookings and of payments, by a coach, a client and an admin."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.accounts.models import Account, Role
from app.bookings import queries as of_bookings
from app.bookings.models import Booking
from app.bookings.schemas import BookingSearch
from app.extensions import db, now
from app.http.pagination import cursor_after
from app.payments import queries as of_payments
from app.payments.models import Payment
from app.payments.schemas import PaymentSearch
from bench.people import ADMIN, client_id, coach_id
from bench.question import Ask, Question

MONTH = timedelta(days=30)

Wish = Callable[[Account], Mapping[str, str]]
"""What somebody sends as the query string."""

_READERS: dict[str, Callable[[int], UUID]] = {
    "a coach's": lambda n: coach_id(1 + n),
    "a client's": client_id,
    "an admin's": lambda _: ADMIN,
}


def questions() -> list[Question]:
    """The pages that people look at."""
    return [
        Question(f"{whose} {what}", _page_of(search, reader, wish))
        for whose, reader in _READERS.items()
        for search, wishes in ((_bookings, _OF_BOOKINGS), (_payments, _OF_PAYMENTS))
        for what, wish in wishes.items()
        if (whose, what) != ("an admin's", _LATEST)
    ]


def _page_of(
    search: Callable[[Account, Mapping[str, str]], Ask], reader: Callable[[int], UUID], wish: Wish
) -> Callable[[int], Ask]:
    def by(n: int) -> Ask:
        account = db.session.get_one(Account, reader(n))
        return search(account, wish(account))

    return by


def _bookings(account: Account, wish: Mapping[str, str]) -> Ask:
    page = BookingSearch.model_validate(wish)
    return lambda: len(of_bookings.search(account, page).items)


def _payments(account: Account, wish: Mapping[str, str]) -> Ask:
    page = PaymentSearch.model_validate(wish)
    return lambda: len(of_payments.search(account, page).items)


def _middle(of: type[Booking | Payment], time: ColumnElement[Any]) -> Wish:
    """The page of somebody who has turned half of them."""

    def wish(account: Account) -> dict[str, str]:
        whose = {Role.COACH: of.coach_id, Role.CLIENT: of.client_id}.get(account.role)
        theirs = select(time, of.id).where(whose == account.id) if whose else select(time, of.id)
        half = (db.session.scalar(select(func.count()).select_from(theirs.subquery())) or 0) // 2
        row = db.session.execute(theirs.order_by(time, of.id).offset(half).limit(1)).one()
        return {"cursor": cursor_after(*row._tuple())}

    return wish


# To an admin the planner shows the latest by going through all that are to come, or by status, as it guesses:
# how many these are, and not how many there ever were, decides how long that takes.
_LATEST = "completed bookings, newest first"

# Regulars never missed a session, and nobody's card failed: those pages are looked for in vain.
_OF_BOOKINGS: dict[str, Wish] = {
    "bookings to come": lambda _: {"from": now().isoformat()},
    "bookings of 30 days": lambda _: {"from": (now() - MONTH).isoformat(), "to": now().isoformat()},
    "confirmed bookings": lambda _: {"status": "confirmed"},
    _LATEST: lambda _: {"status": "completed", "sort": "-session_datetime"},
    "missed bookings": lambda _: {"status": "no_show"},
    "bookings, half-way through": _middle(Booking, func.lower(Booking.period)),
}
_OF_PAYMENTS: dict[str, Wish] = {
    "payments": lambda _: {},
    "failed payments": lambda _: {"status": "failed"},
    "payments, half-way through": _middle(Payment, Payment.__table__.c.created_at),
}
