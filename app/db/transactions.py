"""One transaction per request, retried after a deadlock or serialization failure."""

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

A retry succeeds. The last one concerns a statement prepared before a migration changed a column's type; the
rollback makes the connection forget it.
"""
MAX_TRIES = 3
MAX_PAUSE = 0.05
"""Seconds to wait, drawn at random so that two conflicting transactions do not meet again."""

Answer = TypeVar("Answer")


def in_one_transaction(view: Callable[[], Answer]) -> Answer:
    """The answer of `view`, committed. `view` may run again from its beginning."""
    for _ in range(MAX_TRIES - 1):
        try:
            return _committed(view)
        except (OperationalError, NotSupportedError) as error:
            if getattr(error.orig, "sqlstate", None) not in BROKEN_OFF:
                raise
            db.session.rollback()
            log.warning("the database aborted the transaction, retrying: %s", error.orig)
            time.sleep(random.uniform(0, MAX_PAUSE))  # noqa: S311 - not a secret
    return _committed(view)


def _committed(view: Callable[[], Answer]) -> Answer:
    answer = view()
    if db.session.registry.has():  # the webhook does not use the database
        db.session.commit()
    return answer
