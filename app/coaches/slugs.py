"""Names of coaches' pages: `ada-lovelace` in `/coach/ada-lovelace`.

A coach keeps the last names, which lead to the page. All names, present and former, are rows of one table,
so no two coaches can have the same.
"""

import re
import secrets
from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.coaches.models import Coach, CoachSlug, lacks_at_most_approval
from app.coaches.schemas import MAX_SLUG, check_slug
from app.extensions import db, now
from app.http.problems import Invalid, NotFound
from app.unicode_text import search_form

MAX_KEPT = 10
"""Names that a coach holds, the present one included."""
_ROOM_FOR_SUFFIX = 8


def find(slug: str) -> Coach:
    """The coach with this present or former name. Raises NotFound, also for a coach who is not listed."""
    if not _is_readable(slug):
        raise NotFound("There is no such coach.")
    named = (
        select(Coach).join(CoachSlug, CoachSlug.coach_id == Coach.id).where(CoachSlug.slug == slug.lower())
    )
    coach = db.session.scalar(named)
    if coach is None or not coach.is_listed:
        raise NotFound("There is no such coach.")
    return coach


def _is_readable(slug: str) -> bool:
    """Whether some coach's page could have the name: PostgreSQL does not take every text."""
    try:
        return bool(check_slug(slug.lower()))
    except ValueError:
        return False


def take(coach: Coach, slug: str) -> None:
    """Name the page of a coach, whose row is locked. Raises Invalid if another coach has the name."""
    if not _is_claimed(coach, slug):
        raise Invalid("/slug", "belongs to another coach: choose another")
    coach.slug = slug
    _release_oldest(coach)


def take_from_name(coach: Coach) -> None:
    """Name the page of a coach, whose row is locked, by the coach's name."""
    coach.slug = next(slug for slug in _suggestions(coach.name) if _is_claimed(coach, slug))


def take_missing(most: int) -> int:
    """Name the pages of coaches who have none: those whom an earlier release changed. Returns how many."""
    nameless = select(Coach.id).join(Coach.account).where(lacks_at_most_approval(), Coach.slug.is_(None))
    found = db.session.scalars(nameless.limit(most)).all()
    for coach_id in found:
        coach = Coach.locked(coach_id)
        if coach and coach.slug is None:
            take_from_name(coach)
    return len(found)


def release(coach: Coach) -> None:
    """Delete all names of a coach's page: they are made from the person's name."""
    db.session.execute(delete(CoachSlug).where(CoachSlug.coach_id == coach.id))
    coach.slug = None


def suggested(name: str) -> str:
    """ada-lovelace for Ada Lovelace, and coach for a name without Latin letters."""
    words = re.sub("[^a-z0-9]+", "-", search_form(name))[: MAX_SLUG - _ROOM_FOR_SUFFIX].strip("-")
    try:
        return check_slug(words)
    except ValueError:
        return f"coach-{words}".strip("-")[: MAX_SLUG - _ROOM_FOR_SUFFIX]


def _suggestions(name: str) -> Iterator[str]:
    first = suggested(name)
    yield first
    while True:
        yield f"{first}-{secrets.token_hex(3)}"


def _is_claimed(coach: Coach, slug: str) -> bool:
    """Whether the name now is the coach's. One statement, so concurrent claims have one winner."""
    new = insert(CoachSlug).values(slug=slug, coach_id=coach.id, taken_at=now())
    own = new.on_conflict_do_update(
        index_elements=["slug"],
        set_={"taken_at": new.excluded.taken_at},
        where=CoachSlug.coach_id == coach.id,
    )
    return db.session.scalar(own.returning(CoachSlug.slug)) is not None


def _release_oldest(coach: Coach) -> None:
    of_coach = select(CoachSlug.slug).where(CoachSlug.coach_id == coach.id)
    oldest = of_coach.order_by(CoachSlug.taken_at.desc()).offset(MAX_KEPT)
    db.session.execute(delete(CoachSlug).where(CoachSlug.slug.in_(oldest)))
