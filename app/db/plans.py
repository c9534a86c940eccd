"""How PostgreSQL plans statements whose best plan depends on their values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.extensions import db


@contextmanager
def planned_for_values() -> Iterator[None]:
    """Inside, each statement of the session's transaction is planned for its own values.

    psycopg prepares a statement that is sent often, and PostgreSQL may then keep one plan for all values
    (PREPARE, "plan_cache_mode"). Such a plan uses no partial index, and reads all rows to find a rare word.
    """
    connection: Any = db.session.connection().connection.driver_connection
    before, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        yield
    finally:
        connection.prepare_threshold = before
