"""The SQL that the application executes, recorded, and executed again through plain psycopg."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, event


@dataclass(frozen=True)
class Statement:
    """One statement as the driver gets it."""

    sql: bytes
    parameters: Any
    is_many: bool
    """Whether the parameters are a list of sets, for `executemany`."""


@dataclass
class Transaction:
    statements: list[Statement] = field(default_factory=list)
    is_committed: bool = False


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Transaction]]:
    """The transactions that one thread makes within the block; those without a statement are left out."""
    ended: list[Transaction] = []
    current = Transaction()

    def executed(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, is_many: bool) -> None:
        of_many = is_many and isinstance(parameters, list)  # else one INSERT has the values of all
        current.statements.append(Statement(sql.encode(), parameters, of_many))

    def end(is_committed: bool) -> None:
        nonlocal current
        if current.statements:
            current.is_committed = is_committed
            ended.append(current)
        current = Transaction()

    listeners: Mapping[str, Callable[..., None]] = {
        "before_cursor_execute": executed,
        "commit": lambda _: end(is_committed=True),
        "rollback": lambda _: end(is_committed=False),
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield ended
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def replay(connection: psycopg.Connection[Any], transactions: Sequence[Transaction]) -> None:
    """Execute them with the same parameters, as prepared statements, and read every row that they return."""
    for transaction in transactions:
        with connection.cursor() as cursor:
            for each in transaction.statements:
                if each.is_many:
                    cursor.executemany(each.sql, each.parameters)
                else:
                    cursor.execute(each.sql, each.parameters, prepare=True)
                if cursor.description:
                    cursor.fetchall()
        if transaction.is_committed:
            connection.commit()
        else:
            connection.rollback()
