"""Where we are, and which files may say what the environment leaves out."""

import os
from collections.abc import Set
from enum import StrEnum

from dotenv import dotenv_values

from app.config.text import stripped


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def files() -> tuple[str, ...]:
    """The files to read. None but in development: forgetting APP_ENV must not make a server believe them.

    The flask command puts `.env` into the environment by itself. What it took from there must not fill a gap
    in production, nor outrank the other files in development.
    """
    environment = stripped(os.environ.get("APP_ENV", "")) or Environment.PRODUCTION
    if environment == Environment.PRODUCTION:
        _take_back(dotenv_values(".env").keys() - {"APP_ENV"})
    if environment != Environment.DEVELOPMENT:
        return ()
    run_file = stripped(os.environ.get("RUN_FILE", "")) or ".env.run"
    _take_back(dotenv_values(".env.local").keys() | dotenv_values(run_file).keys())
    return (".env", ".env.local", run_file)


def _take_back(names: Set[str]) -> None:
    """Remove from the environment what stands there as `.env` has it."""
    defaults = dotenv_values(".env")
    for name in names:
        if name in defaults and os.environ.get(name) == defaults[name]:
            del os.environ[name]
