"""What every task does: one transaction, on record under a request id, again when the database is away."""

import logging
import time
from datetime import timedelta
from typing import Any

from celery import Task
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from app.extensions import db
from app.observability import context
from app.privacy import retention
from app.queue.backoff import delay
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames
from worker.application import flask_app

log = logging.getLogger(__name__)


MAX_COUNTDOWN = timedelta(seconds=60)


def retry_later(job: "Task[..., Any]", wait: timedelta, error: Exception | None = None) -> None:
    """Ends a job with a message for the next try. Raises celery's Retry.

    Where there is a row, its sweep is what tries again; this is only quicker. So no message waits for long:
    one that outlives the broker's visibility timeout is delivered again and again.
    """
    if error is None and wait > MAX_COUNTDOWN:
        return
    raise job.retry(exc=error, countdown=min(wait, MAX_COUNTDOWN).total_seconds(), max_retries=None)


class DatabaseTask(Task):  # type: ignore[type-arg]
    """One job, one transaction: committed here once the task is done, rolled back if it raised.

    A job that finds the database away comes back later.
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
        log.warning("%s waits, as the database does not answer: %s", self.name, error)
        retry_later(self, delay(self.request.retries + 1), error)


class PeriodicTask(DatabaseTask):
    """A job that beat sends again anyway, and that gives the number of rows it found.

    One at a time: two beats, as at a deploy, or a queue that was long make no double work.
    """

    def work(self, *args: Any, **kwargs: Any) -> Any:
        mine = db.session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext(self.name))))
        return self.run(*args, **kwargs) if mine else 0

    def done(self, result: Any, milliseconds: float) -> None:
        if result:
            log.info("%s found %s in %.1fms", self.name, result, milliseconds)

    def without_database(self, error: Exception) -> None:
        log.warning("%s is left out, as the database does not answer: %s", self.name, error)


class PortionedTask(PeriodicTask):
    """One that finds no more than retention.MOST rows at a time, and comes again at once while it does."""

    def work(self, *args: Any, **kwargs: Any) -> Any:
        found = super().work(*args, **kwargs)
        if found == retention.MOST:
            after_commit(TaskNames(self.name))
        return found
