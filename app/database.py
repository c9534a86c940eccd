"""How the application speaks to PostgreSQL: limits, connections, and what a pooler in between changes."""

from typing import Any

from flask import Flask
from sqlalchemy import Connection, event

from app.config import Settings
from app.extensions import db

LIMITS = {"timezone": "UTC", "statement_timeout": "15000", "lock_timeout": "3000"}
"""Milliseconds; what takes longer holds up others."""
THREADS = 8
"""Of a web process and of the mailer: none waits for a connection, and none is open that nobody can use."""


def options(settings: Settings) -> dict[str, Any]:
    """SQLAlchemy's engine options."""
    return {
        "pool_size": THREADS,
        "max_overflow": 2,
        "pool_timeout": 5,
        "pool_pre_ping": True,  # a connection that died with the server is replaced before it is used
        "pool_recycle": 1800,
        "connect_args": {"connect_timeout": 5} | (_POOLED if settings.database_pooler else _DIRECT),
    }


_DIRECT = {"options": " ".join(f"-c {name}={value}" for name, value in LIMITS.items())}
_POOLED = {"prepare_threshold": None}  # the next transaction may run on another of the server's connections


def init_app(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    if settings.database_pooler:
        with app.app_context():
            event.listen(db.engine, "begin", _limit)


def _limit(connection: Connection) -> None:
    """A pooler takes no options, and what is set for a session would stay with somebody else's."""
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()))
