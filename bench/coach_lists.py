"""Questions for a page of coaches, as a visitor asks them, and of a coach's own time off."""

from collections.abc import Callable, Mapping

from sqlalchemy import func, select

from app.coaches import search, time_off
from app.coaches.availability_schemas import TimeOffSearch
from app.coaches.models import Coach
from app.coaches.schemas import CoachSearch
from app.extensions import db
from app.http.pagination import cursor_after
from bench import directory
from bench.people import coach_id
from bench.question import Ask, Question

Wish = Mapping[str, str]

_RARE_FIRST, _RARE_LAST = directory.RARE_NAME.split()
_WISHES: Mapping[str, Wish] = {
    "all": {},
    "a common name": {"q": directory.COMMON_NAME},
    "a rare name, last name first": {"q": f"{_RARE_LAST} {_RARE_FIRST}"},
    "a name that nobody has": {"q": "Xyzzyq"},
    "a letter that begins no name": {"q": "x"},
    "a common language": {"language": directory.COMMON_LANGUAGE},
    "a rare language": {"language": directory.RARE_LANGUAGE},
    "a language that nobody speaks": {"language": "Klingon"},
    "a low price": {"currency": "EUR", "max_rate": str(directory.LOWEST_RATE)},
    "a price that nobody asks": {"currency": "EUR", "max_rate": str(directory.LOWEST_RATE - 1)},
    "a currency that nobody takes": {"currency": "JPY"},
    "everything at once": {"q": "anna", "language": "polski", "currency": "EUR", "max_rate": "60"},
}


_SPARSE = {"a rare name, last name first", "a rare language", "a low price", "everything at once"}
"""Those who fit lie far apart: a larger directory has more of them, and more coaches between them."""
_LONGEST = 25.0


def questions() -> list[Question]:
    """The pages of GET /coach, and GET /coach/me/time-off."""
    return [
        *(
            Question(f"coaches: {what}", _page_of(wish), _LONGEST, is_flat=what not in _SPARSE)
            for what, wish in _WISHES.items()
        ),
        Question("coaches: half-way through", lambda _: _page({"cursor": _middle()})),
        Question("a coach's time off", _time_off),
    ]


def _page_of(wish: Wish) -> Callable[[int], Ask]:
    return lambda _: _page(wish)


def _page(wish: Wish) -> Ask:
    page = CoachSearch.model_validate(wish)
    return lambda: len(search.search(page))


def _middle() -> str:
    """The cursor of somebody who has turned half of the pages."""
    coaches = db.session.scalar(select(func.count()).select_from(Coach)) or 0
    rows = select(Coach.created_at, Coach.id).order_by(Coach.created_at, Coach.id)
    row = db.session.execute(rows.offset(coaches // 2).limit(1)).one()
    return cursor_after(row.created_at, row.id)


def _time_off(n: int) -> Ask:
    coach, page = db.session.get_one(Coach, coach_id(1 + n)), TimeOffSearch()
    return lambda: len(time_off.listed(coach, page))
