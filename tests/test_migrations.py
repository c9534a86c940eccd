"""The migrations, on a database of their own."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from app import create_app
from app.config import Settings
from app.extensions import Base, db


@pytest.fixture
def empty(environment: dict[str, str]) -> Iterator[Flask]:
    """The application on an empty database."""
    url = environment["DATABASE_URL"].replace("/culturebridge?", "/migrations?")
    server = create_engine(
        Settings.load().database_url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE migrations"))
    app = create_app(Settings.load().model_copy(update={"database_url": _driver(url)}))
    with app.app_context():
        yield app
        db.engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE migrations WITH (FORCE)"))
    server.dispose()


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def differences() -> list[object]:
    """What the models have and the database has not, or the other way round."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def test_from_nothing_to_the_models_back_to_nothing_and_up_again(empty: Flask) -> None:
    upgrade()
    assert tables() == set(Base.metadata.tables)
    assert differences() == []

    downgrade(revision="base")
    assert tables() == set()

    upgrade()
    assert differences() == []


def test_no_time_can_be_sold_twice_from_the_first_bookings_on(empty: Flask) -> None:
    upgrade(revision="0003")

    wanted = text("SELECT conname FROM pg_constraint WHERE contype = 'x'")
    assert set(db.session.scalars(wanted)) == {"no_coach_twice", "no_client_twice"}
    db.session.remove()
