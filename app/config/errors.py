"""Errors for missing or wrong settings."""

import os
from pathlib import Path
from typing import Any

from app import validation_errors
from app.config.text import stripped


class BadSettings(SystemExit):
    """Stops the start and names every variable that is missing or wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["CultureBridge cannot start with these settings:", *problems]))


def sentence(problem: Any) -> str:
    """One of pydantic's errors as a line that begins with the variable."""
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"- {name} is missing{_remedy(name)}"
    return f"- {name} {validation_errors.predicate(problem)}"


def _remedy(name: str) -> str:
    if name not in ("DATABASE_URL", "REDIS_URL"):
        return ""
    run_file = stripped(os.environ.get("RUN_FILE", ""))
    if run_file and not Path(run_file).exists():
        return f": RUN_FILE names {run_file}, which does not exist; has that `make run` ended?"
    return ": set it; on a laptop, `make run` in another terminal sets it for you"
