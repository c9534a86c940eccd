"""The application in this process on a database of its own, in which it really commits."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import create_app
from app.accounts import password_hashing
from app.config.settings import Settings
from app.extensions import db
from tests.databases import driver, made
from tests.payments.random_faults.world import world

__all__ = ["world"]


@pytest.fixture(scope="session")
def committing(environment: dict[str, str]) -> Flask:
    password_hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # real ones are slow
    url = driver(made(environment["DATABASE_URL"], "random_faults"))
    return create_app(Settings.load().model_copy(update={"database_url": url, "rate_limits": False}))


@pytest.fixture
def app(committing: Flask) -> Iterator[Flask]:
    with committing.app_context():
        yield committing
        db.session.remove()
        db.engine.dispose()
