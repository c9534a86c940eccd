"""Search in the directory of listed coaches."""

from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, ColumnElement, event, false, func, literal, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from app.accounts.models import Account
from app.coaches.models import Coach, accepted, lacks_at_most_approval
from app.coaches.schemas import CoachSearch
from app.extensions import db
from app.http.pagination import position
from app.unicode_text import search_form


def search(wish: CoachSearch) -> Sequence[Coach]:
    """Listed coaches, oldest first: one more than the page, to tell whether it is the last."""
    query = select(Coach).join(Coach.account).where(lacks_at_most_approval(), Coach.approval.in_(accepted()))
    if wish.q:
        query = query.where(_matches(search_form(wish.q)))
    if wish.language:
        query = query.where(_speaks(wish.language))
    if wish.currency:
        query = query.where(Coach.currency == wish.currency)
    if wish.most:
        most = literal(wish.most.amount, BigInteger)
        query = query.where(Coach.hourly_rate_minor <= most)
    if wish.cursor:
        query = query.where(tuple_(Coach.created_at, Coach.id) > tuple_(*position(wish.cursor)))
    return db.session.scalars(query.order_by(Coach.created_at, Coach.id).limit(wish.limit + 1)).all()


def _speaks(language: str) -> ColumnElement[bool]:
    spoken = func.unnest(Coach.languages).column_valued("spoken")
    return select(spoken).where(func.lower(spoken) == func.lower(language)).exists()


def _matches(searched: str) -> ColumnElement[bool]:
    return Coach.search_text.contains(searched, autoescape=True) if searched else false()


@event.listens_for(Session, "before_flush")
def _keep_search_text(session: Session, *_: object) -> None:
    """Update the search text from name and headline; the coach's row is locked."""
    for coach, account in _changed(session):
        coach.search_text = _search_text(account.name, coach.headline)


def correct_search_texts(most: int) -> int:
    """Correct search texts that differ from name and headline. Returns how many.

    During a deploy, code of the earlier release may rename a coach without updating the search text.
    """
    rows = select(Coach.id, Account.name, Coach.headline, Coach.search_text).join(Coach.account)
    stale = [
        row.id
        for row in db.session.execute(rows.execution_options(yield_per=1000))
        if row.search_text != _search_text(row.name, row.headline)
    ][:most]
    for coach_id in stale:
        coach = Coach.locked(coach_id)
        if coach:
            db.session.refresh(coach.account, ["name"])
            coach.search_text = _search_text(coach.account.name, coach.headline)
    return len(stale)


def _search_text(name: str, headline: str) -> str:
    return search_form(f"{name} {headline}")


def _changed(session: Session) -> Iterator[tuple[Coach, Account]]:
    for row in session.dirty:
        is_renamed = isinstance(row, Account) and _is_written(row, "name")
        if not is_renamed and not (isinstance(row, Coach) and _is_written(row, "headline")):
            continue
        coach, account = session.get(Coach, row.id), session.get(Account, row.id)
        if coach and account:
            if not _is_written(account, "name"):  # it may have changed while this waited for the row lock
                session.refresh(account, ["name"])
            yield coach, account


def _is_written(row: Account | Coach, field: str) -> bool:
    return get_history(row, field).has_changes()
