"""Liveness and readiness."""

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
"""Seconds for which a result is reused, so that many requests cause few checks."""
TOLD_MEANWHILE = 10.0
"""Seconds for which others get the old result during a new check, as a dependency may hang."""


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
    """The latest result of this process."""

    def __init__(self) -> None:
        self.asking = Lock()
        self.found: dict[str, DependencyView] = {}
        self.at = -inf

    def now(self, app: Flask) -> dict[str, DependencyView]:
        """One of concurrent requests checks; the others get the earlier result, or wait for the new one."""
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
    """Whether this process answers. Checks no dependency."""
    return LiveView()


@health.get("/ready")
@health.output(ReadyView)
@public
def ready() -> tuple[ReadyView, int, dict[str, str]]:
    """The state and latency of each dependency, cached briefly; 503 if one is down."""
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
    except Exception as trouble:  # any error of a dependency belongs into this answer
        error = type(trouble).__name__
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return DependencyView(status="down" if error else "ok", error=error, milliseconds=milliseconds)


def _database() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _broker() -> None:
    ping_broker(current_settings())
