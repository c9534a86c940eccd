"""The web server's own worker, in a process of its own: its module is the server's configuration."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
ENDS_WHEN_FULL = """
import runpy, selectors, socket
from gunicorn.config import Config
module = runpy.run_path("gunicorn.conf.py")
door = socket.create_server(("127.0.0.1", 0))
worker = module["Worker"](1, 0, [door], None, 30, Config(), None)
worker.poller = selectors.DefaultSelector()
worker.set_accept_enabled(True)
worker.alive = False
for enabled in (False, True, False):
    worker.set_accept_enabled(enabled)
print(door.fileno())
module["on_exit"](None)
"""


def test_a_worker_that_is_told_to_end_when_it_is_full_shuts_its_door_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_WHEN_FULL],
        cwd=HERE,
        env={**os.environ, **environment, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout.split()) == (0, ["-1"]), ended.stderr
