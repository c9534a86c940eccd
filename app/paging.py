"""Keyset paging: a page continues after its last row's sort key, so it is stable while rows are written."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from app.problems import Invalid

Row = TypeVar("Row")


def cursor_after(created_at: datetime, row_id: UUID) -> str:
    return urlsafe_b64encode(json.dumps([created_at.isoformat(), str(row_id)]).encode()).decode()


def position(cursor: str) -> tuple[datetime, UUID]:
    """Where a cursor points. Raises Invalid for one that we did not make."""
    try:
        created_at, row_id = json.loads(urlsafe_b64decode(cursor))
        return datetime.fromisoformat(created_at), UUID(row_id)
    except (BadBase64, ValueError, TypeError, AttributeError):
        raise Invalid("query/cursor", "is not a cursor of this list; leave it out to start again") from None


def page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The page out of `limit + 1` rows, and whether there is another."""
    return rows[:limit], len(rows) > limit
