"""Settings of the application that a test changes."""

from typing import Any, Protocol

import pytest
from flask import Flask

from app.config.settings import settings_of


class Configure(Protocol):
    """Changes the settings that are named, as a restart with other variables would."""

    def __call__(self, **changes: Any) -> None: ...


@pytest.fixture
def configure(application: Flask, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """What it changes is undone after the test."""

    def change(**changes: Any) -> None:
        changed = settings_of(application).model_copy(update=changes)
        monkeypatch.setitem(application.extensions, "settings", changed)

    return change
