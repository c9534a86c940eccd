"""The Celery worker: the task queue's other end, inside the application's context."""

import gc

gc.disable()  # until all is loaded, as in wsgi.py

# ruff: noqa: E402
import logging
import time
from datetime import timedelta
from typing import Any

from celery import Celery, Task
from celery.signals import (
    beat_init,
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
)
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from app import create_app
from app.config.settings import Settings
from app.emails import smtp_pool
from app.extensions import db
from app.monitoring import beats
from app.observability import context
from app.observability import logging as app_logging
from app.queue import enqueue as job_queue
from app.queue.backoff import delay

log = logging.getLogger(__name__)

flask_app = create_app()


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


@setup_logging.connect
def _log_like_the_web(**_: Any) -> None:
    settings: Settings = flask_app.extensions["settings"]
    app_logging.configure(settings.log_level)


@worker_process_init.connect
def _forget_the_parents_connections(**_: Any) -> None:
    """A forked worker must not speak on sockets that it shares with its parent."""
    with flask_app.app_context():
        db.engine.dispose(close=False)


@beat_init.connect
def _tell_of_this_beat(**_: Any) -> None:
    """There should be one: `flask doctor` counts them."""
    settings: Settings = flask_app.extensions["settings"]
    beats.announce(settings.redis_url)


@worker_shutdown.connect
@worker_process_shutdown.connect
def _say_goodbye(**_: Any) -> None:
    """To the mail server, in conversations that were kept for a next mail."""
    with flask_app.app_context():
        smtp_pool.close_all()


celery: Celery = job_queue.queue
celery.Task = DatabaseTask  # type: ignore[misc]
celery.conf.broker_transport_options |= {"socket_timeout": 5}
celery.conf.imports = (
    "worker.bookings",
    "worker.emails",
    "worker.heartbeat",
    "worker.maintenance",
    "worker.payments",
    "worker.reconciliation",
)
gc.freeze()  # before processes are forked, which then share these pages
gc.enable()
