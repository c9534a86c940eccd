"""Databases beside the first on its server, for whatever really commits."""

from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.config.settings import Settings
from app.extensions import db


def driver(url: str) -> str:
    """The URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://")


def made(beside: str, name: str) -> str:
    """URL of a new database with all migrations; another process would take long to start for them."""
    server = create_engine(driver(beside), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    url = beside.replace("/culturebridge?", f"/{name}?")
    with create_app(Settings.load().model_copy(update={"database_url": driver(url)})).app_context():
        upgrade()
        db.engine.dispose()
    return url
