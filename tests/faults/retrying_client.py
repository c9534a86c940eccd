"""HTTP as patient people use it: what is not answered is asked again, and every answer is noted."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

PATIENCE = 60.0
"""Seconds that somebody goes on asking."""
PATIENCE_IN_FLIGHT = 5.0
PAUSE = 0.25
COME_AGAIN = {429, 500, 502, 503, 504}


class GaveUp(Exception):
    """Nobody answered, for longer than anybody asks."""


@dataclass
class Answers:
    """What all callers were answered."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    unreached: int = 0
    """Nobody took the call: the web was away."""
    cut: int = 0
    """Taken, and the connection ended before the answer."""
    cuts: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """5xx other than an honest 503 with its Retry-After."""
    away: list[str] = field(default_factory=list)
    """Those honest ones."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, url: str, answer: httpx.Response | httpx.TransportError) -> None:
        with self.lock:
            self.requests += 1
            if isinstance(answer, httpx.ConnectError | httpx.ConnectTimeout):
                self.unreached += 1
            elif isinstance(answer, httpx.TransportError):
                self.cut += 1
                self.cuts.append(f"{method} {url}: {answer!r}")
            else:
                self.statuses[answer.status_code] += 1
                told = f"{method} {url}: {answer.status_code} {answer.text[:300]}"
                if answer.status_code == 503 and answer.headers.get("Retry-After"):
                    self.away.append(told)
                elif answer.status_code >= 500:
                    self.broken.append(told)


class Caller(httpx.Client):
    """Asks again until there is an answer; each POST under one idempotency key however often it is sent."""

    def __init__(self, url: str, answers: Answers) -> None:
        # A connection for each request: what is cut then was taken, and is no idle connection that timed out.
        super().__init__(base_url=url, timeout=40, limits=httpx.Limits(max_keepalive_connections=0))
        self._answers = answers
        self._pause = threading.Event()

    def request(self, method: str, url: Any, **options: Any) -> httpx.Response:
        """Raises GaveUp."""
        options["headers"] = {"Idempotency-Key": uuid4().hex, **(options.get("headers") or {})}
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._asked(method, url, **options)
            if isinstance(answer, httpx.Response) and not _is_to_come_again(answer):
                return answer
            if _is_in_flight(answer):
                until = min(until, time.monotonic() + PATIENCE_IN_FLIGHT)
            if time.monotonic() > until:
                raise GaveUp(f"{method} {url}: {answer!r}")
            self._pause.wait(PAUSE)

    def _asked(self, method: str, url: Any, **options: Any) -> httpx.Response | httpx.TransportError:
        answer: httpx.Response | httpx.TransportError
        try:
            answer = super().request(method, url, **options)
        except httpx.TransportError as error:
            answer = error
        self._answers.note(method, str(url), answer)
        return answer


def _is_to_come_again(answer: httpx.Response) -> bool:
    return answer.status_code in COME_AGAIN or _is_in_flight(answer)


def _is_in_flight(answer: httpx.Response | httpx.TransportError) -> bool:
    """A request that was cut down half-way keeps its key for two minutes."""
    return isinstance(answer, httpx.Response) and "/problems/request-in-flight" in answer.text
