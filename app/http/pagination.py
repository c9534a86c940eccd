"""Keyset pagination: a page continues after the last row's sort key, so it is stable under writes."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app import time_zones
from app.db.plans import planned_for_values
from app.extensions import db
from app.http.problems import Invalid
from app.http.schema_types import OUR_YEARS, WHOLE, Body, InstantOrDate

Row = TypeVar("Row")
Key = TypeVar("Key", UUID, str)


NOT_OURS = "must be the next_cursor of this list; leave it out to start again"


def _is_a_cursor(cursor: str) -> str:
    try:
        _read(cursor)
    except ValueError:
        raise ValueError(NOT_OURS) from None
    return cursor


Cursor = Annotated[str, Field(max_length=300), AfterValidator(_is_a_cursor)]
"""The cursor of a list: issued by us for this list."""


class Page(Body):
    """The requested page size and position."""

    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    cursor: Cursor | None = None


class Span(Page):
    """A page of rows created from `from` on and before `to`. A plain date is a whole day in UTC."""

    since: Annotated[InstantOrDate | None, Field(alias="from")] = None
    until: Annotated[InstantOrDate | None, Field(alias="to")] = None


def newest_first(
    query: Select[Row],
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[Key],
    request: Page,
) -> tuple[Sequence[Row], str | None]:
    """A page of a query's rows by time, and the cursor of the next. Raises Invalid for a foreign cursor."""
    if isinstance(request, Span) and request.since:
        query = query.where(at >= time_zones.start_of(request.since, time_zones.zone("UTC")))
    if isinstance(request, Span) and request.until:
        query = query.where(at < time_zones.end_of(request.until, time_zones.zone("UTC")))
    if request.cursor:
        reads: Callable[[str], Any] = key.type.python_type
        query = query.where(tuple_(at, key) < tuple_(*position(request.cursor, reads)))
    with planned_for_values():
        found = db.session.scalars(query.order_by(at.desc(), key.desc()).limit(request.limit + 1)).all()
    rows, more = page(found, request.limit)
    if not more:
        return rows, None
    last = rows[-1]
    return rows, cursor_after(getattr(last, at.key), getattr(last, key.key))


def cursor_after(at: datetime, row_key: UUID | str) -> str:
    return urlsafe_b64encode(json.dumps([at.isoformat(), str(row_key)]).encode()).decode()


def position(cursor: str, reads: Callable[[str], Any] = UUID) -> tuple[datetime, Any]:
    """The position of a cursor. Raises Invalid for one that we did not issue."""
    at, row_key = _read(cursor)
    try:
        return at, reads(row_key)
    except ValueError:
        raise Invalid("cursor", NOT_OURS) from None


def _read(cursor: str) -> tuple[datetime, str]:
    """Raises ValueError for a position that no list of ours has, before the database sees it."""
    try:
        at, row_key = json.loads(urlsafe_b64decode(cursor))
        moment = datetime.fromisoformat(at)
    except (BadBase64, TypeError, AttributeError) as error:
        raise ValueError from error
    if not (isinstance(row_key, str) and row_key.isprintable()) or moment.year not in OUR_YEARS:
        raise ValueError("not a key or a time of ours")
    return moment, row_key


def page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The page out of `limit + 1` rows, and whether there is another."""
    return rows[:limit], len(rows) > limit
