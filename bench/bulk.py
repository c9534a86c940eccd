"""Tables filled in bulk: no row is checked or indexed by itself, and all of them are at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

# How to drop each thing and how to add it again, as PostgreSQL itself writes it. References go first and come
# back last, as they stand on keys. Checks of single rows stay: they cost little.
_CONSTRAINTS = b"""
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I ', conrelid::regclass, conname) || pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype IN ('f', 'x', 'u', 'p')
  AND (conrelid = ANY (%(tables)s::regclass[]) OR confrelid = ANY (%(tables)s::regclass[]))
ORDER BY position(contype::text IN 'fxup'), conname
"""
_INDEXES = b"""
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = ANY (%(tables)s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@contextmanager
def bare(connection: Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Inside, the tables have no key, reference, exclusion or index; afterwards they have all of them again.

    They are emptied first. It is one transaction, so what it writes need not be logged (wal_level minimal).
    """
    with connection.transaction():
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        with unguarded(connection):  # what is append-only refuses to be emptied
            connection.execute(f"TRUNCATE {', '.join(tables)} CASCADE".encode())
        parts = [
            part
            for query in (_CONSTRAINTS, _INDEXES)
            for part in connection.execute(query, {"tables": list(tables)}).fetchall()
        ]
        for drop, _ in parts:
            connection.execute(drop.encode())
        yield
        for _, add in reversed(parts):
            connection.execute(add.encode())


@contextmanager
def unguarded(connection: Connection[Any]) -> Iterator[None]:
    """Inside, no trigger of the tables is asked; for a superuser, within a transaction."""
    connection.execute("SET LOCAL session_replication_role = replica")
    yield
    connection.execute("SET LOCAL session_replication_role = origin")
