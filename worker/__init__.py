"""The Celery worker: the task queue's other end, inside the application's context."""

import gc

gc.disable()  # until all is loaded, as in wsgi.py

# ruff: noqa: E402
from celery import Celery

from app.queue.enqueue import queue
from worker import signals as _signals  # noqa: F401 - connected once it is imported
from worker.task import DatabaseTask

celery: Celery = queue
celery.Task = DatabaseTask  # type: ignore[misc]
celery.conf.broker_transport_options |= {"socket_timeout": 5}
celery.conf.imports = (
    "worker.bookings",
    "worker.emails",
    "worker.heartbeat",
    "worker.maintenance",
    "worker.payments",
    "worker.reconciliation",
    "worker.renamed",
)
gc.freeze()  # before processes are forked, which then share these pages
gc.enable()
