"""`python -m tests.faults.shifted_clock PROGRAM …`: its clock is off by what $CLOCK_FILE says."""

import os
import runpy
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import app.extensions


class Shifted(datetime):
    """In the place of `datetime` in app.extensions: what the application takes for now."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=float(Path(os.environ["CLOCK_FILE"]).read_text()))


if __name__ == "__main__":
    app.extensions.datetime = Shifted  # type: ignore[misc]
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
