"""Bookings that are paid need the shop, and mails that are read the post."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.config.settings import Settings
from app.extensions import limiter
from tests.emails.conftest import post
from tests.payments.conftest import shop

__all__ = ["post", "shop"]


@pytest.fixture
def limits_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits as in production, counted from nothing."""
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", settings.model_copy(update={"rate_limits": True}))
    limiter.reset()
    yield
    limiter.reset()
