"""Is this process alive, and can it work?"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Lock
from typing import Literal

from apiflask import APIBlueprint
from flask import Flask, current_app
from pydantic import BaseModel
from sqlalchemy import text

from app.config.settings import current_settings
from app.extensions import db
from app.http.access_rule import public
from app.queue.enqueue import ping_broker

health = APIBlueprint("health", __name__, url_prefix="/health")

KEPT = 1.0
"""Seconds for which what was found is told again: who asks in a flood has nobody asked as often."""
TOLD_MEANWHILE = 10.0
"""Seconds for which it is told to others while somebody asks anew, and a dependency may be frozen."""


class LiveView(BaseModel):
    status: Literal["ok"] = "ok"


class DependencyView(BaseModel):
    status: Literal["ok", "down"]
    error: str | None = None
    milliseconds: float


class ReadyView(BaseModel):
    status: Literal["ok", "unavailable"]
    dependencies: dict[str, DependencyView]


class Readiness:
    """What one process found last."""

    def __init__(self) -> None:
        self.asking = Lock()
        self.found: dict[str, DependencyView] = {}
        self.at = -inf

    def now(self, app: Flask) -> dict[str, DependencyView]:
        """Of many at once one asks; the others are told what was found before, or wait for the answer."""
        age = time.monotonic() - self.at
        if age < KEPT or not self.asking.acquire(blocking=age >= TOLD_MEANWHILE):
            return self.found
        try:
            if time.monotonic() - self.at >= KEPT:
                self.found = _asked(app)
                self.at = time.monotonic()
            return self.found
        finally:
            self.asking.release()


@health.get("/live")
@health.output(LiveView)
@public
def live() -> LiveView:
    """Whether this process answers; asks nobody else."""
    return LiveView()


@health.get("/ready")
@health.output(ReadyView)
@public
def ready() -> tuple[ReadyView, int, dict[str, str]]:
    """Each dependency, its state and how long it took, as it was a moment ago; 503 when one is down."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    readiness: Readiness = app.extensions.setdefault("readiness", Readiness())
    found = readiness.now(app)
    if all(each.status == "ok" for each in found.values()):
        return ReadyView(status="ok", dependencies=found), 200, {}
    return ReadyView(status="unavailable", dependencies=found), 503, {"Retry-After": "5"}


def _asked(app: Flask) -> dict[str, DependencyView]:
    checks = {"database": _database, "broker": _broker}
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(_timed, app, check) for name, check in checks.items()}
        return {name: answer.result() for name, answer in asked.items()}


def _timed(app: Flask, check: Callable[[], None]) -> DependencyView:
    started, error = time.perf_counter(), None
    try:
        with app.app_context():
            check()
    except Exception as trouble:  # whatever is wrong with a dependency is what this answer is for
        error = type(trouble).__name__
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return DependencyView(status="down" if error else "ok", error=error, milliseconds=milliseconds)


def _database() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _broker() -> None:
    ping_broker(current_settings())
