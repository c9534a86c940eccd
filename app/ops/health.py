"""Is this process alive, and can it work?"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, jsonify
from redis import Redis
from sqlalchemy import text

from app.accounts.access import public
from app.config import Settings
from app.extensions import db
from app.jobs import queue

health = APIBlueprint("health", __name__, url_prefix="/health")

PATIENCE = 2
"""Seconds that a dependency has to answer."""


@health.get("/live")
@health.doc(responses={200: "This process answers"})
@public
def live() -> dict[str, str]:
    """Whether this process answers; asks nobody else."""
    return {"status": "ok"}


@health.get("/ready")
@health.doc(responses={200: "Ready", 503: "A dependency is down"})
@public
def ready() -> Response:
    """Each dependency, its state and how long it took; 503 when one is down."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    checks = {"database": _database, "broker": _broker}
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(_timed, app, check) for name, check in checks.items()}
        states = {name: answer.result() for name, answer in asked.items()}
    ok = all(state["status"] == "ok" for state in states.values())
    answer = jsonify(status="ok" if ok else "unavailable", dependencies=states)
    answer.status_code = 200 if ok else 503
    if not ok:
        answer.headers["Retry-After"] = "5"
    return answer


def _timed(app: Flask, check: Callable[[], None]) -> dict[str, str | float]:
    started = time.perf_counter()
    try:
        with app.app_context():
            check()
    except Exception as error:  # whatever is wrong with a dependency is what this answer is for
        state: dict[str, str | float] = {"status": "down", "error": type(error).__name__}
    else:
        state = {"status": "ok"}
    return state | {"milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _database() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _broker() -> None:
    settings: Settings = current_app.extensions["settings"]
    if settings.broker.startswith("redis"):
        with Redis.from_url(
            settings.broker, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as redis:
            redis.ping()
    else:
        with queue.connection_for_write(connect_timeout=PATIENCE) as connection:
            connection.ensure_connection(max_retries=0)
