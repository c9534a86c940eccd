"""Settings of the application that a test changes."""

from typing import Any, Protocol

import pytest
from flask import Flask

from app.config.settings import settings_of


class Configure(Protocol):
    """Changes the settings that are named, as a restart with other variables would."""

    def __call__(self, **changes: Any) -> None: ...


def _configures(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Configure:
    def change(**changes: Any) -> None:
        changed = settings_of(app).model_copy(update=changes)
        monkeypatch.setitem(app.extensions, "settings", changed)

    return change


@pytest.fixture
def configure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Of the application that the test uses; undone after the test."""
    return _configures(app, monkeypatch)


@pytest.fixture
def configure_application(application: Flask, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """For tests that ask the application without a transaction around them; undone after the test."""
    return _configures(application, monkeypatch)
