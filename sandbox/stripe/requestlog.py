"""The last requests to the API with their answers, for tests and the dashboard."""

from collections import deque
from dataclasses import dataclass
from typing import Any

KEPT = 1000


@dataclass(frozen=True)
class Logged:
    """One request to /v1 and what was answered."""

    id: str
    created: int
    method: str
    path: str
    params: dict[str, Any]
    idempotency_key: str | None
    replayed: bool
    status: int
    answer: dict[str, Any]


class RequestLog:
    """A bounded log; the oldest entries fall out."""

    def __init__(self) -> None:
        self._entries: deque[Logged] = deque(maxlen=KEPT)

    def add(self, entry: Logged) -> None:
        """Keep the entry."""
        self._entries.append(entry)

    def newest_first(self) -> list[Logged]:
        """All entries kept."""
        return list(reversed(self._entries))

    def clear(self) -> None:
        """Forget them."""
        self._entries.clear()
