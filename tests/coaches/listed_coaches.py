"""What a coach lacks to be listed, and whether operators approve coaches first."""

import pytest
from flask import Flask

from app.config.settings import settings_of
from tests.people import Person


def missing(coach: Person) -> list[str]:
    shown = coach.get("/coach/me").json()
    assert shown["listed"] == (not shown["to_be_listed"])
    assert all(step["what_to_do"] for step in shown["to_be_listed"])
    return [step["missing"] for step in shown["to_be_listed"]]


def switched(app: Flask, monkeypatch: pytest.MonkeyPatch, approval: bool) -> None:
    """COACH_APPROVAL from now on."""
    settings = settings_of(app).model_copy(update={"coach_approval": approval})
    monkeypatch.setitem(app.extensions, "settings", settings)
