"""Log format: one line per entry, with the request id that caused it."""

import logging
import logging.config
import re
import time
from urllib.parse import quote

from flask import Response, g, request

from app.observability.context import actor, caller_request_id, request_id

log = logging.getLogger("app.request")

_LINE = "%(asctime)s %(levelname)s %(name)s request_id=%(request_id)s%(beside)s %(message)s"
MAX_ID = 36
"""The longest id in a path, a UUID. Stripe's ids are shorter, tokens are longer."""


class _WithRequestId(logging.Filter):
    """Adds our request id, and the caller's under a name of its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        theirs = caller_request_id.get()
        record.request_id = request_id.get()
        record.beside = f" caller_request_id={theirs}" if theirs else ""
        return True


class _OneEntry(logging.Formatter):
    """Prevents forged log lines (CWE-117): further lines are marked, control characters are escaped.

    Times are UTC in ISO 8601.
    """

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return _BREAKS.sub(_harmless, super().format(record))


_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def _harmless(sign: re.Match[str]) -> str:
    return "\n | " if sign[0] == "\n" else sign[0].encode("unicode_escape").decode()


def configure(level: str) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": _WithRequestId}},
            "formatters": {
                "line": {
                    "()": _OneEntry,
                    "fmt": _LINE,
                }
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
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    log_request(request.method, request.path, response.status_code, seconds)
    return response


def log_request(method: str, path: str, status: int, seconds: float) -> None:
    """Log a request with its path but without its query string, which may hold a token."""
    log.info("%s %s %s %.1fms by %s", method, _shown(path), status, seconds * 1000, actor.get())


def _shown(path: str) -> str:
    """The path on one line, with segments longer than an id masked, because they may be tokens."""
    parts = ("..." if len(part) > MAX_ID else part for part in path.split("/"))
    return quote("/".join(parts), safe="/:@")
