"""The database engine: timeouts, connection pool, and the options for an external pooler."""

import time
from functools import partial
from select import POLLIN, poll
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Connection, Dialect, ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from app.config.settings import Settings
from app.config.threads import PUBLIC_READ_THREADS, THREADS
from app.extensions import db

LIMITS = {"timezone": "UTC", "statement_timeout": "15000", "lock_timeout": "3000"}
"""Statement timeout in milliseconds."""
A_MOMENT = 5
"""Seconds for which an idle connection is used without a ping, unless the server has closed it."""
_RETURNED = "when it was returned to the pool"


def options(settings: Settings) -> dict[str, Any]:
    """SQLAlchemy's engine options: a connection for each thread, and no more."""
    return {
        "pool_size": THREADS,
        "max_overflow": PUBLIC_READ_THREADS,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "hide_parameters": True,  # parameters may be hashes and tokens, and error texts reach logs and mails
        "connect_args": {"connect_timeout": 5} | (_POOLED if settings.database_pooler else _DIRECT),
    }


_DIRECT = {"options": " ".join(f"-c {name}={value}" for name, value in LIMITS.items())}
_POOLED = {"prepare_threshold": None}  # the next transaction may run on another of the server's connections


def init_app(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "handle_error", _leave_out_the_row)
        event.listen(db.engine, "checkin", _note_the_time)
        event.listen(db.engine, "checkout", partial(_replace_if_dead, db.engine.dialect))
        if settings.database_pooler:
            event.listen(db.engine, "begin", _limit)


def _note_the_time(_: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_RETURNED] = time.monotonic()


def _replace_if_dead(dialect: Dialect, connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
    """Replace a dead connection before it is used.

    A server that stops sends a message or closes the connection, so there is something to read: no ping is
    needed, which would cost a round trip for each transaction. A silent connection is pinged after a while. A
    new connection is not pinged.
    """
    if _RETURNED not in entry.info:
        return
    heard = poll()
    heard.register(connection.fileno(), POLLIN)
    if time.monotonic() - entry.info[_RETURNED] < A_MOMENT and not heard.poll(0):
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _limit(connection: Connection) -> None:
    """An external pooler accepts no options, and session settings would leak to other clients."""
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()))


def _leave_out_the_row(failure: ExceptionContext) -> None:
    """Remove DETAIL from errors: PostgreSQL puts the whole offending row there."""
    error = failure.original_exception
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        error.args = (error.diag.message_primary,)
        if failure.sqlalchemy_exception is not None:
            failure.sqlalchemy_exception.args = (f"{type(error).__name__}: {error}",)
