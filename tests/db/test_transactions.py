"""What PostgreSQL breaks off for another's sake is done again, and nothing else is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from app.db.transactions import MAX_TRIES, in_one_transaction
from app.extensions import db
from tests.waiting import wait_until

LOCK = text("SELECT pg_advisory_xact_lock(:key)")
WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = :pid")


@pytest.fixture
def rival(environment: dict[str, str]) -> Iterator[Connection]:
    """A transaction of somebody else, whom PostgreSQL lets wait for longer."""
    engine = create_engine(environment["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        connection.execute(text("SET deadlock_timeout = '60s'"))
        yield connection
    engine.dispose()


def test_a_deadlock_is_done_again_from_the_beginning(app: Flask, rival: Connection) -> None:
    pid = rival.scalar(text("SELECT pg_backend_pid()"))
    tries: list[str] = []
    with ThreadPoolExecutor() as threads:

        def view() -> str:
            db.session.execute(LOCK, {"key": 1})
            if not tries:
                rival.execute(LOCK, {"key": 2})
                threads.submit(rival.execute, LOCK, {"key": 1}).add_done_callback(lambda _: rival.commit())
                wait_until(lambda: db.session.scalar(WAITS, {"pid": pid}))
            tries.append("begun")
            db.session.execute(LOCK, {"key": 2})
            return "done"

        assert in_one_transaction(view) == "done"

    assert tries == ["begun", "begun"]


def test_a_conflict_that_does_not_end_is_told_in_the_end(app: Flask) -> None:
    tries: list[str] = []

    def view() -> None:
        tries.append("begun")
        db.session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(OperationalError):
        in_one_transaction(view)

    assert len(tries) == MAX_TRIES


def test_another_error_is_told_at_once(app: Flask) -> None:
    tries: list[str] = []

    def view() -> None:
        tries.append("begun")
        db.session.execute(text("DO $$ BEGIN RAISE SQLSTATE '57014'; END $$"))  # query_canceled

    with pytest.raises(OperationalError):
        in_one_transaction(view)

    assert tries == ["begun"]
