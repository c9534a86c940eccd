"""`python -m shifted PROGRAM …`: a program whose clock is ahead by the seconds that $CLOCK_FILE says.

Copied into the tree of a run, where `sitecustomize` imports it too, so that time.time is ahead everywhere.
"""

import os
import runpy
import sys
import time
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path

CLOCKS = ("app.extensions", "jwt.api_jwt", "flask_jwt_extended.tokens", "flask_jwt_extended.config")
"""Whose `datetime` is ahead: what the application takes for now, and what tokens are made and judged by."""


def ahead() -> float:
    return float(Path(os.environ["CLOCK_FILE"]).read_text())


class LikeDatetime(type):
    """Each datetime is one of Shifted's."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, datetime)


class Shifted(datetime, metaclass=LikeDatetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=ahead())


def shift_time() -> None:
    real = time.time
    time.time = lambda: real() + ahead()


if __name__ == "__main__":
    for name in CLOCKS:
        import_module(name).datetime = Shifted  # type: ignore[attr-defined]
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
