"""One request, one transaction; what PostgreSQL broke off for another's sake is done again."""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import NotSupportedError, OperationalError

from app.extensions import db

log = logging.getLogger(__name__)

BROKEN_OFF = {"40001", "40P01", "0A000"}
"""serialization_failure, deadlock_detected and feature_not_supported (PostgreSQL, appendix A).

The same again will do. The last is said of a statement that was prepared before a migration changed the type
of a column; the rollback has the connection forget what it prepared.
"""
MAX_TRIES = 3
MAX_PAUSE = 0.05
"""Seconds; by chance, so that two that stood in each other's way do not meet again."""

Answer = TypeVar("Answer")


def in_one_transaction(view: Callable[[], Answer]) -> Answer:
    """What `view` answers, committed. It may be called again from its beginning, as if it was sent again."""
    for _ in range(MAX_TRIES - 1):
        try:
            return _committed(view)
        except (OperationalError, NotSupportedError) as error:
            if getattr(error.orig, "sqlstate", None) not in BROKEN_OFF:
                raise
            db.session.rollback()
            log.warning("the database broke the transaction off, so it is done again: %s", error.orig)
            time.sleep(random.uniform(0, MAX_PAUSE))  # noqa: S311 - not a secret
    return _committed(view)


def _committed(view: Callable[[], Answer]) -> Answer:
    answer = view()
    if db.session.registry.has():  # the webhook, of all views, asks the database nothing
        db.session.commit()
    return answer
