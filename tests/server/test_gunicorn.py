"""The gunicorn that `app/server/` is made for, as it uses parts that no release promises to keep."""

from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest

MADE_FOR = {
    "gunicorn.http.body": "c46c000fc93b6be5",
    "gunicorn.http.errors": "348906eec2cafb86",
    "gunicorn.http.message": "408e5f03f30353f9",
    "gunicorn.http.parser": "618c7c5a229709e5",
    "gunicorn.http.unreader": "a28537df77eb34f0",
    "gunicorn.util": "65e8d4801536a61b",
    "gunicorn.workers.base": "9a39e0e16d623329",
    "gunicorn.workers.gthread": "2aa395873b3e9084",
}
"""The first digits of each file's SHA-256, in gunicorn 27.0.1."""


@pytest.mark.parametrize("module", MADE_FOR)
def test_gunicorn_is_the_one_that_the_worker_is_made_for(module: str) -> None:
    file = import_module(module).__file__
    assert file is not None

    assert sha256(Path(file).read_bytes()).hexdigest().startswith(MADE_FOR[module]), (
        f"{module} is another one. Compare it with the release before, correct app/server/worker.py, run"
        " tests/server, tests/system/test_slow_clients.py, test_malformed_bodies.py and"
        " test_slot_search_load.py, and then write its digest here."
    )
