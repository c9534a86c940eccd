import socket
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from flask import Flask

from app.config import Settings


@pytest.fixture
def http(application: Flask) -> Iterator[httpx.Client]:
    """HTTP to the application on its own connections: each dependency is asked from a thread."""
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://test") as client:
        yield client


def listening() -> socket.socket:
    """A server that accepts connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))


def point_broker_at(app: Flask, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = app.extensions["settings"]
    elsewhere = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
    monkeypatch.setitem(app.extensions, "settings", elsewhere)


def test_a_process_that_answers_is_alive(http: httpx.Client) -> None:
    assert http.get("/health/live").json() == {"status": "ok"}


def test_ready_names_each_dependency_and_how_long_it_took(http: httpx.Client) -> None:
    answer = http.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    dependencies = answer.json()["dependencies"]
    assert set(dependencies) == {"database", "broker"}
    assert all(state["status"] == "ok" and state["milliseconds"] > 0 for state in dependencies.values())


def test_a_broker_that_is_away_is_named(
    application: Flask, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(listening()) as server:
        nobody = server.getsockname()[1]
    point_broker_at(application, nobody, monkeypatch)

    answer = http.get("/health/ready")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["dependencies"]["broker"]["status"] == "down"
    assert answer.json()["dependencies"]["database"]["status"] == "ok"
    assert http.get("/health/live").status_code == 200


def test_a_broker_that_is_frozen_is_not_waited_for_long(
    application: Flask, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(listening()) as server:
        point_broker_at(application, server.getsockname()[1], monkeypatch)

        state = http.get("/health/ready").json()["dependencies"]["broker"]

    assert state["status"] == "down"
    assert state["milliseconds"] < 3000
