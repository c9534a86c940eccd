"""A system with traffic in it, for all stories here."""

from collections.abc import Iterator

import pytest

from tests.faults.external_state import Post
from tests.faults.fault import Scene
from tests.faults.system import running
from tests.faults.traffic import traffic_to

AWAY_SECONDS = 5.0


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running(tmp_path_factory.mktemp("system")) as system:
        try:
            with traffic_to(system.url, system.sandbox) as traffic:
                yield Scene(system, traffic, AWAY_SECONDS)
        finally:
            print(system.read_logs())


@pytest.fixture(scope="package")
def post(scene: Scene) -> Post:
    return Post(scene.system.sandbox)
