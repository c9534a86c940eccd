"""Businesses of several sizes, each in a database of its own of one private PostgreSQL."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg.sql import SQL, Identifier

from app import create_app
from app.config.settings import Settings
from bench import directory, people
from bench.load import load
from bench.people import Business
from sandbox.environment import ROOT
from sandbox.postgres import THROWAWAY, Postgres
from sandbox.servers import private_folder

SETTINGS = {
    **THROWAWAY,
    "wal_level": "minimal",  # what a transaction writes into a table that it emptied is not logged
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
    "autovacuum": "off",  # its work would fall into some of the samples; the loader does it
}


@contextmanager
def businesses(sizes: Sequence[Business], at: datetime) -> Iterator[dict[int, Flask]]:
    """The application on each business, by its number of bookings, as everything stands at `at`."""
    with private_folder() as folder, Postgres(folder / "postgres", SETTINGS) as server:
        yield {business.bookings: _loaded(server, business, at) for business in sizes}


def _loaded(server: Postgres, business: Business, at: datetime) -> Flask:
    started, name = time.perf_counter(), f"of_{business.bookings}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    url = server.url.replace("/culturebridge?", f"/{name}?")
    app = create_app(Settings(database_url=url))
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        people.load(business)
        people.open_round_the_clock(0)
    with psycopg.connect(url, autocommit=True) as connection:
        directory.load(connection, business.directory)
        load(connection, business, at)
    print(f"{business.bookings:>11,} bookings loaded in {time.perf_counter() - started:.0f} s", flush=True)
    return app
