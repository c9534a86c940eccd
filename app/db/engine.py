"""How the application speaks to PostgreSQL: limits, connections, and what a pooler in between changes."""

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
from app.extensions import db

LIMITS = {"timezone": "UTC", "statement_timeout": "15000", "lock_timeout": "3000"}
"""Milliseconds; what takes longer holds up others."""
THREADS = 8
"""Of a web process and of the mailer: none waits for a connection, and none is open that nobody can use."""
A_MOMENT = 5
"""Seconds for which a connection is believed to be as it was, unless the server says otherwise."""
_RETURNED = "when it was returned to the pool"


def options(settings: Settings) -> dict[str, Any]:
    """SQLAlchemy's engine options."""
    return {
        "pool_size": THREADS,
        "max_overflow": 2,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "hide_parameters": True,  # an error's text ends in logs and mails, and they may be hashes and tokens
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
    """A connection that died with the server is replaced before it is used.

    A server that goes says so, or its end is closed, and then there is something to read: to ask it before
    each transaction would take as long as another statement. What died in silence is found after a while.
    One that was opened just now is as good as another would be: its first statement says what is wrong.
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
    """A pooler takes no options, and what is set for a session would stay with somebody else's."""
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()))


def _leave_out_the_row(failure: ExceptionContext) -> None:
    """PostgreSQL shows, as DETAIL, the whole row that broke a rule: no text for logs and mails either."""
    error = failure.original_exception
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        error.args = (error.diag.message_primary,)
        if failure.sqlalchemy_exception is not None:
            failure.sqlalchemy_exception.args = (f"{type(error).__name__}: {error}",)
