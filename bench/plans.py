"""How PostgreSQL finds its answers: the plans of what the application asks, as EXPLAIN tells them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from app.extensions import db
from bench.load import TABLES
from bench.question import Question

LARGE = 100
"""Blocks of 8 kB; a smaller table is rightly read as a whole."""

WATCHED = (*TABLES, "coach", "account")
"""Tables that grow."""
MANY = 20_000
"""Rows: no page of a list sorts or passes over so many."""

Statement = tuple[str, Any]


@dataclass(frozen=True)
class Plan:
    """Of all reading that one question takes."""

    told: str
    """By EXPLAIN (ANALYZE, BUFFERS)."""
    large: frozenset[str]
    """The tables that are too large to be read from end to end."""

    @property
    def pages(self) -> int:
        """Blocks of 8 kB that were looked at, in memory or not, without those that planning took."""
        of_whole_plans = re.findall(r"(?<!Planning:\n)^  Buffers: shared(.*)", self.told, re.MULTILINE)
        return sum(int(n) for line in of_whole_plans for n in re.findall(r"(?:hit|read)=(\d+)", line))

    @property
    def scanned(self) -> list[str]:
        """Large tables that were read from end to end all the same."""
        return sorted(self.large.intersection(re.findall(r"Seq Scan on (\w+)", self.told)))

    @property
    def sorted(self) -> int:
        """The most rows that were sorted at once."""
        below = re.findall(r"Sort  \(cost=.*?\n\s+->  .*?\(actual .*?rows=(\d+)", self.told, re.DOTALL)
        return max(map(int, below), default=0)

    @property
    def passed_over(self) -> int:
        """The most rows that were read in one place and did not fit."""
        return max(map(int, re.findall(r"Rows Removed by Filter: (\d+)", self.told)), default=0)

    @property
    def faults(self) -> list[str]:
        """What it does to more rows than it may, in words."""
        faults = [f"reads all of {', '.join(self.scanned)}"] if self.scanned else []
        if self.sorted >= MANY:
            faults.append(f"sorts {self.sorted:,} rows")
        if self.passed_over >= MANY:
            faults.append(f"passes over {self.passed_over:,} rows")
        return faults


def plan(question: Question) -> Plan:
    """How its statements are answered to the first who asks, in the database of the running application."""
    ask = question.by(0)
    with _overheard(db.engine) as statements:
        ask()
    connection = db.session.connection()
    told = "\n".join(_explained(connection, each) for each in statements if _reads(each))
    large = _large(connection)
    db.session.remove()
    return Plan(told, large)


def _large(connection: Connection) -> frozenset[str]:
    query = "SELECT relname FROM pg_class WHERE relpages >= %(pages)s AND relname = ANY (%(tables)s)"
    parameters = {"pages": LARGE, "tables": list(WATCHED)}
    return frozenset(connection.exec_driver_sql(query, parameters).scalars())


@contextmanager
def _overheard(engine: Engine) -> Iterator[list[Statement]]:
    statements: list[Statement] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _reads(statement: Statement) -> bool:
    return statement[0].lstrip().startswith(("SELECT", "WITH"))


def _explained(connection: Connection, statement: Statement) -> str:
    sql, parameters = statement
    lines = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters).scalars()
    return "\n".join([f"-- {' '.join(sql.split())}", *lines, ""])
