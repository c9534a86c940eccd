"""Log lines: one a thing that happened, each with the request id that caused it."""

import logging
import logging.config
import time
from urllib.parse import quote

from flask import Response, g, request

from app.context import request_id

log = logging.getLogger("app.request")


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def configure(level: str) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": _WithRequestId}},
            "formatters": {
                "line": {"format": "%(asctime)s %(levelname)s %(name)s request_id=%(request_id)s %(message)s"}
            },
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                name: {"level": "WARNING"}
                for name in (
                    "alembic.runtime.plugins",
                    "celery.app.trace",
                    "celery.beat",
                    "celery.worker.strategy",
                    "stripe",
                    "urllib3",
                    "httpx",
                )
            },
        }
    )


def start_clock() -> None:
    g.started = time.perf_counter()


def request_done(response: Response) -> Response:
    """Logs the request by its route, never by its query string, which may hold a token."""
    milliseconds = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
    path = quote(request.path, safe="/:@")  # one line a request, whatever the caller put into it
    log.info("%s %s %s %.1fms", request.method, path, response.status_code, milliseconds)
    return response
