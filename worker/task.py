"""Base classes of tasks: one transaction each, a request id, and retries when the database is away."""

import logging
import time
from datetime import timedelta
from typing import Any

from celery import Task
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from app.extensions import db
from app.observability import context
from app.queue.backoff import RetryPolicy
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames
from worker.application import flask_app

log = logging.getLogger(__name__)


MAX_COUNTDOWN = timedelta(seconds=60)
RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=MAX_COUNTDOWN)
"""The pauses of jobs without a row to count their attempts. They are retried without end."""


def retry_later(
    job: "Task[..., Any]", wait: timedelta, error: Exception | None = None, ids: tuple[str, ...] | None = None
) -> None:
    """End a job and publish its retry. Raises Celery's Retry.

    If the job has a row, a sweep retries it too; this is only faster. The countdown is short, because
    the broker redelivers messages that wait longer than its visibility timeout. `ids` are those of its rows
    that are retried, if not all.
    """
    if error is None and wait > MAX_COUNTDOWN:
        return
    raise job.retry(args=ids, exc=error, countdown=min(wait, MAX_COUNTDOWN).total_seconds(), max_retries=None)


class DatabaseTask(Task):  # type: ignore[type-arg]
    """One job, one transaction: committed here once the task is done, rolled back if it raised.

    A job that finds the database away is retried later.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        under = self.request.get("request_id") or self.request.id or context.new_request_id()
        with flask_app.app_context(), context.acting(f"job:{self.name}", under):
            started = time.perf_counter()
            try:
                result = self.work(*args, **kwargs)
                db.session.commit()
            except (OperationalError, InterfaceError) as error:
                return self.without_database(error)
            self.done(result, (time.perf_counter() - started) * 1000)
            return result

    def work(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **kwargs)

    def done(self, _result: Any, milliseconds: float) -> None:
        log.info("%s %.1fms", self.name, milliseconds)

    def without_database(self, error: Exception) -> None:
        log.warning("%s waits, because the database does not answer: %s", self.name, error)
        retry_later(self, RETRIES.delay(self.request.retries + 1), error)


class PeriodicTask(DatabaseTask):
    """A periodic job of beat that returns the number of rows it found.

    One runs at a time, so that two beats (during a deploy) or a long queue cause no double work.
    """

    def work(self, *args: Any, **kwargs: Any) -> Any:
        mine = db.session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext(self.name))))
        return self.run(*args, **kwargs) if mine else 0

    def done(self, result: Any, milliseconds: float) -> None:
        if result:
            log.info("%s found %s in %.1fms", self.name, result, milliseconds)

    def without_database(self, error: Exception) -> None:
        log.warning("%s is skipped, because the database does not answer: %s", self.name, error)


class PortionedTask(PeriodicTask):
    """A periodic job that handles a limited portion of rows, and runs again at once after a full portion.

    The next run is asked for by the commit of this one: if a worker dies, its portion is rolled back, and the
    broker or beat runs the job again.
    """

    most: int
    """The rows of a full portion, an option of the task."""

    def work(self, *args: Any, **kwargs: Any) -> Any:
        found = super().work(*args, **kwargs)
        if found == self.most:
            after_commit(TaskNames(self.name))
        return found


class WalkTask(PeriodicTask):
    """A periodic job that takes a turn of a sweep's walk. One runs at a time: it locks its row in `sweep`."""

    def work(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **kwargs)
