"""One request over a connection of its own, as people have."""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

PATIENCE = 60
"""Seconds."""
TOO_MANY = 503
JSON = {"Content-Type": "application/json"}


class Refused(Exception):
    """An answer that nobody wanted."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Any:
    """The answer's JSON. Raises Refused unless it is a 2xx."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        told = answer.read()
    if not 200 <= answer.status < 300:
        words = told.decode(errors="replace")[:500]
        raise Refused(answer.status, f"{method} {path} answered {answer.status}: {words}")
    return json.loads(told)


def ask_again(port: int, method: str, path: str, headers: Mapping[str, str], body: str) -> Any:
    """Likewise; whoever is told to come again, as too many send passwords, does so after a second."""
    for _ in range(PATIENCE):
        try:
            return ask(port, method, path, headers, body)
        except Refused as refusal:
            if refusal.status != TOO_MANY:
                raise
        time.sleep(1)
    raise Refused(TOO_MANY, f"{method} {path} was not answered in a minute")


def signed_in(badge: str) -> dict[str, str]:
    """The headers of somebody who sends JSON."""
    return {**JSON, "Authorization": f"Bearer {badge}"}
