"""What every test stands on: a private PostgreSQL and Valkey, a fake Stripe, a mailbox, the application."""

import gc

gc.disable()  # until all is imported, as in wsgi.py

# ruff: noqa: E402
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings
from redis import Redis

from app import create_app
from app.accounts import password_hashing
from app.extensions import db, limiter
from sandbox.postgres import Postgres
from sandbox.servers import private_folder
from sandbox.valkey import Valkey
from tests.configuration import Configure, configure, configure_application
from tests.environment import variables
from tests.outbox import post
from tests.people import Person, Sandbox
from tests.programs import programs
from tests.queues import QUEUES
from tests.shop import admin, commission, connect, shop, unhurried
from tests.stack import second_database, stack
from tests.waiting import wait_until

__all__ = [
    "admin",
    "commission",
    "configure",
    "configure_application",
    "connect",
    "post",
    "programs",
    "second_database",
    "shop",
    "stack",
    "unhurried",
]
HERE = Path(__file__).parent.parent
signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops the tests stops their servers too

# Whatever hangs has a timeout of its own: one case may take long on a busy machine.
settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")

WHOLE_SYSTEMS = ("faults", "browser", "system", "fuzzing")
"""Rooms whose tests share a running system; its beat asks the Stripe that other tests have to themselves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those rooms come last, one after the other, in whatever order the rest comes.

    Two processes take the files in this order. Of these the longest comes first. The stack that the
    others share runs until its process ends, and so is no load on the one that faults are made in.
    """
    tests = Path(__file__).parent
    after = {name: place for place, name in enumerate(WHOLE_SYSTEMS, 1)}
    items.sort(key=lambda item: after.get(item.path.relative_to(tests).parts[0], 0))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """The variables that the application under test and its processes run with."""
    with (
        private_folder() as folder,
        Postgres(folder / "postgres") as postgres,
        Valkey(folder / "valkey") as valkey,
    ):
        values = variables(postgres.url, valkey.url)
        before = dict(os.environ)
        os.environ.update(values)
        yield values
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True)
def kept_environment() -> Iterator[None]:
    """Puts back what the start of an application in production removes from the environment."""
    before = dict(os.environ)
    yield
    for name in before.keys() - os.environ.keys():
        os.environ[name] = before[name]


@pytest.fixture(scope="session")
def sandbox(environment: dict[str, str]) -> Iterator[Sandbox]:
    """The fake Stripe and the mailbox, as processes of their own."""
    programs = ["sandbox.stripe", "sandbox.mailbox"]
    running = [subprocess.Popen([sys.executable, "-m", program], cwd=HERE) for program in programs]
    try:
        with Sandbox(
            stripe_url=environment["SANDBOX_STRIPE_URL"],
            mailbox_url=f"http://127.0.0.1:{environment['SANDBOX_MAILBOX_PORT']}",
        ) as sandbox:
            wait_until(sandbox.answers)
            yield sandbox
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


@pytest.fixture(scope="session")
def application(environment: dict[str, str]) -> Flask:
    """The application on a migrated database."""
    password_hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # real ones are slow
    app = create_app()
    app.extensions["limiter as made"] = dict(vars(limiter))  # a later application points it at its own Redis
    with app.app_context():
        upgrade()
    return app


@pytest.fixture
def app(application: Flask) -> Iterator[Flask]:
    """The application within one transaction that is undone at the end; its commits are savepoints."""
    with application.app_context():
        engine = db.engines[None]
        connection = engine.connect()
        outer = connection.begin()
        db.engines[None] = connection  # type: ignore[assignment]
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        try:
            yield application
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            db.engines[None] = engine


@pytest.fixture
def limits_on(app: Flask, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits as in production, counted from nothing."""
    configure(rate_limits=True)
    for name, value in app.extensions["limiter as made"].items():
        monkeypatch.setattr(limiter, name, value)
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    """HTTP to the application in this process; each request has a session of its own, as under gunicorn."""

    def apart(*call: Any) -> Any:
        return Context().run(app, *call)

    with httpx.Client(transport=httpx.WSGITransport(app=apart), base_url="http://test") as client:
        yield client


@pytest.fixture
def broker(environment: dict[str, str]) -> Iterator[Redis]:
    """The broker, its queues empty before and after."""
    with Redis.from_url(environment["REDIS_URL"], decode_responses=True) as redis:
        redis.delete(*QUEUES)
        yield redis
        redis.delete(*QUEUES)


@pytest.fixture
def client(http: httpx.Client) -> Person:
    """Somebody who wants a session."""
    return Person.registered(http, "client", "Europe/London")


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    """Somebody who can be booked at any hour of any day."""
    return Person.registered(http, "coach", "Europe/Paris").open_for_business()
