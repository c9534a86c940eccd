"""The application behind PgBouncer in transaction mode: each transaction may meet another connection."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.config.settings import Settings
from app.db.engine import LIMITS
from app.extensions import db
from app.payments.reconciliation.run import AnotherAtWork, _alone
from sandbox.postgres import Postgres
from sandbox.servers import private_folder
from tests.people import Person, next_week
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not shutil.which("pgbouncer"), reason="pgbouncer is not installed")

CONFIGURATION = """
[databases]
{name} = host={socket} port=5432 dbname={name} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
query_wait_timeout = 5
"""


@pytest.fixture(scope="module")
def pooler(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty database, by way of PgBouncer."""
    owner = create_engine(_driver(environment["DATABASE_URL"]), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("CREATE DATABASE pooled"))
    (socket,) = parse_qs(urlsplit(environment["DATABASE_URL"]).query)["host"]
    try:
        with pooling(Path(socket), "pooled") as url:
            yield url
    finally:
        with owner.connect() as connection:
            connection.execute(text("DROP DATABASE pooled WITH (FORCE)"))
        owner.dispose()


@contextmanager
def pooling(socket: Path, database: str) -> Iterator[str]:
    """URL of a database of the server at that socket, by way of PgBouncer."""
    port = free_port()
    file = socket.parent / "pgbouncer.ini"
    file.write_text(CONFIGURATION.format(socket=socket, port=port, name=database))
    file.chmod(0o644)
    user = ["--user", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["pgbouncer", "--quiet", *user, file])
    url = f"postgresql://postgres@127.0.0.1:{port}/{database}"
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        process.kill()
        process.wait(10)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def _answers(url: str) -> bool:
    engine = create_engine(_driver(url))
    try:
        with engine.connect():
            return True
    except Exception as error:
        print(error)
        return False
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def app(pooler: str, environment: dict[str, str]) -> Iterator[Flask]:
    direct = environment["DATABASE_URL"].replace("/culturebridge?", "/pooled?")
    with _application(database_url=_driver(direct)).app_context():
        upgrade()
        db.engine.dispose()
    app = _application(database_url=_driver(pooler), database_pooler=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _application(**changed: object) -> Flask:
    return create_app(Settings.load().model_copy(update=changed))


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://test") as client:
        yield client


def test_sessions_are_booked_again_and_again(client: Person, coach: Person) -> None:
    for day in range(10):  # psycopg prepares what it has sent five times
        booking = client.books(coach, next_week() + timedelta(days=day))
        assert client.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
        assert client.booking(booking)["status"] == "cancelled"


def test_each_transaction_has_its_limits_and_leaves_none_behind(app: Flask) -> None:
    for name in LIMITS:
        shown = db.session.scalar(text(f"SHOW {name}"))
        assert shown in {"UTC", "15s", "3s"}
    db.session.rollback()

    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "0"


def test_only_one_reconciles_at_a_time(app: Flask) -> None:
    with _alone(), pytest.raises(AnotherAtWork), _alone():
        pass
    with _alone():
        pass


@pytest.mark.usefixtures("environment")
def test_a_server_that_is_away_behind_the_pooler_is_said_honestly() -> None:
    """The pooler lets us in all the same: only a statement finds out."""
    with (
        private_folder() as folder,
        Postgres(folder / "postgres") as server,
        pooling(folder / "postgres", "culturebridge") as url,
    ):
        app = _application(database_url=_driver(url), database_pooler=True)
        with app.app_context():
            assert db.session.scalar(text("SELECT 1")) == 1
        server.stop()

        answers = [app.test_client().get("/coach").status_code for _ in range(3)]

        with app.app_context():
            db.engine.dispose()
    assert answers == [503] * 3
