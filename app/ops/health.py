"""Is this process alive, and can it work?"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from apiflask import APIBlueprint
from flask import Flask, current_app
from pydantic import BaseModel
from sqlalchemy import text

from app.accounts.access import public
from app.config import current_settings
from app.extensions import db
from app.jobs import ping_broker

health = APIBlueprint("health", __name__, url_prefix="/health")


class LiveView(BaseModel):
    status: Literal["ok"] = "ok"


class DependencyView(BaseModel):
    status: Literal["ok", "down"]
    error: str | None = None
    milliseconds: float


class ReadyView(BaseModel):
    status: Literal["ok", "unavailable"]
    dependencies: dict[str, DependencyView]


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
    """Each dependency, its state and how long it took; 503 when one is down."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    checks = {"database": _database, "broker": _broker}
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(_timed, app, check) for name, check in checks.items()}
        found = {name: answer.result() for name, answer in asked.items()}
    if all(each.status == "ok" for each in found.values()):
        return ReadyView(status="ok", dependencies=found), 200, {}
    return ReadyView(status="unavailable", dependencies=found), 503, {"Retry-After": "5"}


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
