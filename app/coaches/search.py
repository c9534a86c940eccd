"""Search in the directory of listed coaches."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, and_, event, false, literal, or_, select, text, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from app.accounts.models import Account
from app.coaches.models import Coach, accepted, lacks_at_most_approval
from app.coaches.schemas import CoachSearch
from app.db.plans import planned_for_values
from app.extensions import db
from app.http.pagination import cursor_after, page, position
from app.unicode_text import normalize, search_form

_LETTERS = re.compile(r"[^\W_]+")
TRIGRAM = 3
"""Characters of the index's entries. It finds shorter words at their beginning only."""


def find(wish: CoachSearch) -> tuple[Sequence[Coach], str | None]:
    """A page of listed coaches, oldest first, and the cursor of the next page."""
    rows, more = page(search(wish), wish.limit)
    return rows, cursor_after(rows[-1].created_at, rows[-1].id) if more else None


def pages(most: int) -> list[tuple[str, datetime]]:
    """The slug and the last change of listed coaches, oldest coach first."""
    query = select(Coach.slug, Coach.updated_at).join(Coach.account)
    listed = query.where(lacks_at_most_approval(), Coach.approval.in_(accepted()), Coach.slug.is_not(None))
    rows = db.session.execute(listed.order_by(Coach.created_at, Coach.id).limit(most))
    return [(slug, changed_at) for slug, changed_at in rows if slug]


def currencies() -> Sequence[str]:
    """The currencies in which coaches have a rate, in order: one look into the index for each."""
    return db.session.scalars(_CURRENCIES).all()


_CURRENCIES = text("""
WITH RECURSIVE priced AS (
  SELECT min(currency) AS currency FROM coach WHERE hourly_rate_minor IS NOT NULL
  UNION ALL
  SELECT (SELECT min(currency) FROM coach
          WHERE hourly_rate_minor IS NOT NULL AND currency > priced.currency)
  FROM priced WHERE priced.currency IS NOT NULL
)
SELECT currency FROM priced WHERE currency IS NOT NULL
""")


def search(wish: CoachSearch) -> Sequence[Coach]:
    """Listed coaches, oldest first: one more than the page, to tell whether it is the last."""
    query = select(Coach).join(Coach.account).where(lacks_at_most_approval(), Coach.approval.in_(accepted()))
    if wish.q:
        query = query.where(_matches(wish.q))
    if wish.language:
        query = query.where(Coach.search_languages.contains([_language_form(wish.language)]))
    if wish.currency:
        query = query.where(Coach.currency == wish.currency)
    if wish.most:
        most = literal(wish.most.amount, BigInteger)
        query = query.where(Coach.hourly_rate_minor <= most)
    if wish.cursor:
        query = query.where(tuple_(Coach.created_at, Coach.id) > tuple_(*position(wish.cursor)))
    with planned_for_values():
        return db.session.scalars(query.order_by(Coach.created_at, Coach.id).limit(wish.limit + 1)).all()


def _matches(searched: str) -> ColumnElement[bool]:
    """Whether every word is found, in any order. Signs alone find nothing."""
    words = sorted({word for word in search_form(searched).split() if _LETTERS.search(word)})
    return and_(*map(_has, words)) if words else false()


def _has(word: str) -> ColumnElement[bool]:
    """Whether the word is found: anywhere, or at the beginning of a word if it is short."""
    if max(map(len, _LETTERS.findall(word))) >= TRIGRAM:
        return Coach.search_text.contains(word, autoescape=True)
    begins = Coach.search_text.startswith(word, autoescape=True)
    return or_(begins, Coach.search_text.contains(f" {word}", autoescape=True))


@event.listens_for(Session, "before_flush")
def _keep_search_texts(session: Session, *_: object) -> None:
    """Update what is searched from name, headline and languages; the coach's row is locked."""
    for coach, account in _changed(session):
        coach.search_text = search_text(account.name, coach.headline)
        coach.search_languages = search_languages(coach.languages)


def correct_search_texts(most: int) -> int:
    """Correct what is searched where it differs from name, headline and languages. Returns how many.

    During a deploy, code of the earlier release may change a coach without updating it.
    """
    searched = Coach.search_text, Coach.search_languages
    rows = select(Coach.id, Account.name, Coach.headline, Coach.languages, *searched).join(Coach.account)
    stale = [
        row.id
        for row in db.session.execute(rows.execution_options(yield_per=1000))
        if row.search_text != search_text(row.name, row.headline)
        or row.search_languages != search_languages(row.languages)
    ][:most]
    for coach_id in stale:
        coach = Coach.locked(coach_id)
        if coach:
            db.session.refresh(coach.account, ["name"])
            coach.search_text = search_text(coach.account.name, coach.headline)
            coach.search_languages = search_languages(coach.languages)
    return len(stale)


def search_text(name: str, headline: str) -> str:
    """The text that the search looks through."""
    return search_form(f"{name} {headline}")


def search_languages(languages: Sequence[str]) -> list[str]:
    """The languages that the search compares."""
    return [_language_form(language) for language in languages]


def _language_form(language: str) -> str:
    return normalize(language).casefold()


def _changed(session: Session) -> Iterator[tuple[Coach, Account]]:
    for row in session.dirty:
        is_renamed = isinstance(row, Account) and _is_written(row, "name")
        is_rewritten = isinstance(row, Coach) and any(
            _is_written(row, each) for each in ("headline", "languages")
        )
        if not is_renamed and not is_rewritten:
            continue
        coach, account = session.get(Coach, row.id), session.get(Account, row.id)
        if coach and account:
            if not _is_written(account, "name"):  # it may have changed while this waited for the row lock
                session.refresh(account, ["name"])
            yield coach, account


def _is_written(row: Account | Coach, field: str) -> bool:
    return get_history(row, field).has_changes()
