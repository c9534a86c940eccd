"""Copies of a database on the same server."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg

MAINTENANCE = "postgres"


def url_of(url: str, database: str) -> str:
    """The address of another database on the server of `url`."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def copy(url: str, name: str) -> str:
    """Copy the database of `url`, to which nobody may be connected; the address of the copy."""
    database = urlsplit(url).path.removeprefix("/")
    with closing(psycopg.connect(url_of(url, MAINTENANCE), autocommit=True)) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {database}".encode())
    return url_of(url, name)


def create(url: str, name: str) -> str:
    """Create an empty database on the server of `url`; its address."""
    with closing(psycopg.connect(url_of(url, MAINTENANCE), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return url_of(url, name)


def replace(url: str, by: str) -> None:
    """Put a copy of the database `by` in the place of that of `url`."""
    copy(url_of(url, by), urlsplit(url).path.removeprefix("/"))


def rows(connection: psycopg.Connection[Any]) -> Mapping[str, int]:
    """How many rows each table has."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {
        table: count
        for (table,) in tables
        for (count,) in connection.execute(f"SELECT count(*) FROM {table}".encode())
    }


def wal_bytes(connection: psycopg.Connection[Any]) -> int:
    """How much the server has written to its log until now."""
    row = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])
