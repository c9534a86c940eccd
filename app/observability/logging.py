"""Log lines: one a thing that happened, each with the request id that caused it."""

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
"""Of what paths name: a UUID. Stripe's ids are shorter, and tokens longer."""


class _WithRequestId(logging.Filter):
    """Ours first; the caller's stands behind it, under a name of its own, for whoever looks for that one."""

    def filter(self, record: logging.LogRecord) -> bool:
        theirs = caller_request_id.get()
        record.request_id = request_id.get()
        record.beside = f" caller_request_id={theirs}" if theirs else ""
        return True


class _OneEntry(logging.Formatter):
    """An entry cannot be made to look like two: its further lines are marked, and control signs are named.

    So nobody writes a line of their own into the log (CWE-117), be it by a mail server's answer. The time is
    UTC's, as ISO 8601 writes it.
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
    """Logs the request by its path, never by its query string, which may hold a token."""
    milliseconds = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
    status, who = response.status_code, actor.get()
    log.info("%s %s %s %.1fms by %s", request.method, _shown(request.path), status, milliseconds, who)
    return response


def _shown(path: str) -> str:
    """On one line, whatever the caller put into it, and without what is too long for an id, as tokens are."""
    parts = ("..." if len(part) > MAX_ID else part for part in path.split("/"))
    return quote("/".join(parts), safe="/:@")
