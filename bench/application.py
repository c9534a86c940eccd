"""An application that takes deliveries, confirms bookings and sends mails: ours, or a peer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from bench import processes

DATABASE = "PostgreSQL"


@dataclass(frozen=True)
class Application:
    """Where it is, and how to see what it has done."""

    port: int
    path: str
    """Of its webhook."""
    connection: psycopg.Connection[Any]
    """To its database, which has a table of bookings."""
    pids: Mapping[str, Callable[[], set[int]]]
    """Its processes, by part."""
    all_are_sent: bytes
    """The query that says whether every mail is marked as sent."""

    def work(self) -> dict[str, float]:
        """Processor seconds until now, by part."""
        return {part: processes.busy_seconds(pids()) for part, pids in self.pids.items()}

    def answer(self, query: bytes) -> Any:
        """The one value that a query has."""
        row = self.connection.execute(query).fetchone()
        return row and row[0]
