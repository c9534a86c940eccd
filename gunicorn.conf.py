"""The web server: workers, threads, timeouts, logging."""

import os
import shutil
import tempfile
from typing import Any

# Each process counts its requests in a file here, so that /metrics adds them up whichever of them is asked.
# It must be named before the first import of prometheus_client.
counters = tempfile.mkdtemp(prefix="culturebridge-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters

from prometheus_client.multiprocess import mark_process_dead  # noqa: E402

from app.config.environment import Environment  # noqa: E402
from app.config.settings import Settings  # noqa: E402
from app.config.threads import THREADS  # noqa: E402
from app.server.worker import Worker  # noqa: E402

settings = Settings.load()  # a bad setting stops the server here, and not each of its workers for ever

# On a laptop only the laptop itself may ask: the demo accounts' password is known to all.
host = "0.0.0.0" if settings.app_env is Environment.PRODUCTION else "127.0.0.1"  # noqa: S104
bind = f"{host}:{settings.port}"
workers = settings.web_concurrency
worker_class = Worker
threads = THREADS
timeout = 30
graceful_timeout = 20
keepalive = 95  # seconds, more than clients and routers keep one: who hangs up first loses no request
control_socket_disable = True  # it would stand in the home directory, one for all checkouts
limit_request_line = 8190
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - heartbeats off the disk
accesslog = None  # the application logs each request itself, with its id
logger_class = "gunicorn.glogging.Logger"


def child_exit(_server: object, worker: Any) -> None:
    mark_process_dead(worker.pid)


def on_exit(_server: object) -> None:
    shutil.rmtree(counters, ignore_errors=True)
