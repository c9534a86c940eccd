"""What is done for an answer, which must not tell whose address was asked about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import event

from app.accounts import password_hashing
from app.extensions import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked, by the first word of each."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


class CountingHasher(PasswordHasher):
    """Hashes as in production, and counts how often."""

    def __init__(self) -> None:
        super().__init__(password_hashing.PASSES, password_hashing.KIBIBYTES, password_hashing.LANES)
        self.count = 0

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.count += 1
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        self.count += 1
        return super().verify(*args, **kwargs)
