"""The page of a time, as a visitor opens it."""

from datetime import datetime

from tests.people import Person, next_week
from tests.web.visitor import Page, Visitor

ADA = {"name": "Ada Lovelace", "email": "ada@example.com"}
HOLD = "Hold this time"


def book_path(coach: Person, at: datetime | None = None, minutes: int = 60) -> str:
    slug = coach.http.get(f"/coach/{coach.id}").json()["slug"]
    start = (at or next_week()).isoformat().replace("+00:00", "Z")
    return f"/book/{slug}?start={start}&minutes={minutes}"


def held(visitor: Visitor, coach: Person, at: datetime | None = None, **typed: str) -> Page:
    """The page after somebody new has held a time."""
    page = visitor.get(book_path(coach, at)).send(HOLD, **(ADA | typed))
    assert "Your time is held" in page.text, page.text
    return page
