"""Locks the people of a booking."""

from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, or_, select
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account
from app.coaches.models import Coach, Stay
from app.extensions import db

Id = ColumnElement[UUID] | ScalarSelect[UUID]
"""A parameter, or a query for it."""


class PeopleLock:
    """Locks a coach and both accounts until the transaction ends, before any row of their bookings.

    This order prevents deadlocks: the constraints alone would detect overlaps, but two transactions could
    wait for each other. The statements are built once, because every event runs them.
    """

    def __init__(self, coach_id: Id, client_id: Id) -> None:
        coach = select(Coach).options(lazyload(Coach.account)).where(Coach.id == coach_id)
        people = or_(Account.id == coach_id, Account.id == client_id)
        # the coach's lock comes first, so the joined stays are not older than it
        accounts = select(Account, Stay).outerjoin(Stay, Stay.coach_id == Account.id).where(people)
        self._coach = coach.with_for_update(key_share=True).execution_options(populate_existing=True)
        self._accounts = (
            accounts.order_by(Account.id, Stay.dates)
            .with_for_update(of=Account, key_share=True)
            .execution_options(populate_existing=True)
        )

    def take(self, **ids: UUID) -> tuple[Coach | None, Account | None]:
        """The coach, with account and stays, and the client; None for those that do not exist."""
        coach = db.session.scalar(self._coach, ids)
        if coach is None:
            return None, None
        rows = db.session.execute(self._accounts, ids).all()
        accounts = {account.id: account for account, _ in rows}
        # reuse the rows that the locks have read
        set_committed_value(coach, "account", accounts.pop(coach.id))
        set_committed_value(coach, "stays", [stay for _, stay in rows if stay and stay.coach_id == coach.id])
        return coach, next(iter(accounts.values()), None)


_BY_ID = PeopleLock(bindparam("coach"), bindparam("client"))


def lock_people(coach_id: UUID, client_id: UUID) -> tuple[Coach | None, Account | None]:
    """Lock a coach and both accounts until the transaction ends, before any row of their bookings."""
    return _BY_ID.take(coach=coach_id, client=client_id)
