"""The application in this process on a database of its own, which other processes see too."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.accounts import password_hashing
from app.config.settings import Settings
from app.extensions import Base, db

HERE = Path(__file__).parent.parent.parent.parent.parent
FLASK = Path(sys.executable).parent / "flask"

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def third_database(environment: dict[str, str]) -> str:
    """URL of a migrated database beside the others."""
    server = create_engine(Settings.load().database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE reconciled"))
    server.dispose()
    return environment["DATABASE_URL"].replace("/culturebridge?", "/reconciled?")


@pytest.fixture(scope="session")
def committing(third_database: str) -> Flask:
    password_hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # real ones are slow
    url = third_database.replace("postgresql://", "postgresql+psycopg://")
    app = create_app(Settings.load().model_copy(update={"database_url": url, "rate_limits": False}))
    with app.app_context():
        upgrade()
    return app


def emptied_tables() -> None:
    db.session.remove()
    # Whose database it is, the migrations write, and a backup keeps.
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables if name != "deployment")
    db.session.execute(text("SET LOCAL session_replication_role = replica"))  # records refuse it else
    db.session.execute(text(f"TRUNCATE {tables} CASCADE"))
    db.session.commit()
    db.session.remove()


@pytest.fixture
def app(committing: Flask) -> Iterator[Flask]:
    with committing.app_context():
        yield committing
        emptied_tables()


@pytest.fixture
def flask(third_database: str) -> Iterator[Command]:
    """Starts a command of ours as a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **options: object) -> "subprocess.Popen[str]":
        variables = {**os.environ, "DATABASE_URL": third_database}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        command = [FLASK, "--app", "wsgi", *words]
        started.append(subprocess.Popen(command, cwd=HERE, env=variables, text=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(10)
