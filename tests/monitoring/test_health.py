import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import httpx
import pytest
from flask import Flask

from app.monitoring import health
from tests.configuration import Configure


@pytest.fixture
def http(application: Flask) -> Iterator[httpx.Client]:
    """HTTP to the application on its own connections: each dependency is asked from a thread, and anew."""
    application.extensions.pop("readiness", None)
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://test") as client:
        yield client


def listening() -> socket.socket:
    """A server that accepts connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))


def test_a_process_that_answers_is_alive(http: httpx.Client) -> None:
    assert http.get("/health/live").json() == {"status": "ok"}


def test_ready_names_each_dependency_and_how_long_it_took(http: httpx.Client) -> None:
    answer = http.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    dependencies = answer.json()["dependencies"]
    assert set(dependencies) == {"database", "broker"}
    assert all(state["status"] == "ok" and state["milliseconds"] > 0 for state in dependencies.values())


def test_a_broker_that_is_away_is_named(http: httpx.Client, configure_application: Configure) -> None:
    with closing(listening()) as server:
        nobody = server.getsockname()[1]
    configure_application(redis_url=f"redis://127.0.0.1:{nobody}/0")

    answer = http.get("/health/ready")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["dependencies"]["broker"]["status"] == "down"
    assert answer.json()["dependencies"]["database"]["status"] == "ok"
    assert http.get("/health/live").status_code == 200


def test_a_broker_that_is_frozen_is_not_waited_for_long(
    http: httpx.Client, configure_application: Configure
) -> None:
    with closing(listening()) as server:
        configure_application(redis_url=f"redis://127.0.0.1:{server.getsockname()[1]}/0")

        state = http.get("/health/ready").json()["dependencies"]["broker"]

    assert state["status"] == "down"
    assert state["milliseconds"] < 3000


def test_a_flood_has_each_dependency_asked_once(
    application: Flask, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And while one is frozen, one request waits for it and not each thread of the process."""
    asked, frozen, is_asked = [], Event(), Event()
    monkeypatch.setattr(health, "_database", lambda: asked.append("database"))
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: http.get("/health/ready").status_code, range(40)))
    assert (set(answers), asked) == ({200}, ["database"])

    def freezes() -> None:
        is_asked.set()
        frozen.wait(20)
        raise ConnectionError

    monkeypatch.setattr(health, "_database", freezes)
    application.extensions["readiness"].at -= health.KEPT
    with ThreadPoolExecutor(1) as first:
        waits = first.submit(lambda: http.get("/health/ready").status_code)
        assert is_asked.wait(20)
        meanwhile = [http.get("/health/ready").status_code for _ in range(20)]
        assert not waits.done()
        frozen.set()
    assert (waits.result(), meanwhile) == (503, [200] * 20)
    assert http.get("/health/ready").status_code == 503
