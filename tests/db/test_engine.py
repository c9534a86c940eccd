"""The application and a server that closes its connections."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.extensions import db
from tests.waiting import wait_until


def test_a_connection_that_the_server_has_just_closed_is_replaced_before_it_is_used(
    application: Flask,
) -> None:
    with application.app_context():
        used = db.session.scalar(text("SELECT pg_backend_pid()"))
        db.session.commit()
        closes = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
        with closes.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": used})
            gone = text("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = :pid")
            wait_until(lambda: other.scalar(gone, {"pid": used}))
        closes.dispose()

        assert db.session.scalar(text("SELECT pg_backend_pid()")) != used
        db.session.remove()


def test_a_connection_that_was_opened_just_now_is_not_asked(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a pooler whose server is away one opens all the same, and so would the next."""
    with application.app_context():
        db.session.remove()
        db.engine.dispose()
        asked: list[object] = []
        monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)

        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.remove()

        assert asked == []
