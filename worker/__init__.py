"""The Celery worker: the task queue's other end, inside the application's context."""

import logging
import time
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_process_init

from app import context, create_app, jobs, logs
from app.config import Settings
from app.extensions import db

log = logging.getLogger(__name__)

flask_app = create_app()


class DatabaseTask(Task):  # type: ignore[type-arg]
    """One job, one transaction: committed here once the task is done, rolled back if it raised."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        under = self.request.get("request_id") or context.sensible_request_id(self.request.id)
        with flask_app.app_context(), context.acting(f"job:{self.name}", under):
            started = time.perf_counter()
            result = self.run(*args, **kwargs)
            db.session.commit()
            # A sweep that found nothing is no news.
            level = logging.DEBUG if result == 0 else logging.INFO
            log.log(level, "%s %.1fms", self.name, (time.perf_counter() - started) * 1000)
            return result


@setup_logging.connect
def _log_like_the_web(**_: Any) -> None:
    logs.configure(Settings.load().log_level)


@worker_process_init.connect
def _forget_the_parents_connections(**_: Any) -> None:
    """A forked worker must not speak on sockets that it shares with its parent."""
    with flask_app.app_context():
        db.engine.dispose(close=False)


celery: Celery = jobs.queue
celery.Task = DatabaseTask  # type: ignore[misc]
celery.conf.imports = ("worker.bookings", "worker.emails", "worker.ops", "worker.payments")
