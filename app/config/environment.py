"""The environment (APP_ENV) and the .env files that complete it."""

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
    """The files to read: none outside development, so that a server without APP_ENV does not use them.

    The flask command loads `.env` into the environment by itself. Those values must not fill a gap in
    production, nor override the other files in development.
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
    """Remove the variables from the environment that have the value of `.env`."""
    defaults = dotenv_values(".env")
    for name in names:
        if name in defaults and os.environ.get(name) == defaults[name]:
            del os.environ[name]
