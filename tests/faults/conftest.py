"""A plant with trade in it, for all stories here."""

from collections.abc import Iterator

import pytest

from tests.faults.external_state import Post
from tests.faults.fault import Scene
from tests.faults.system import running
from tests.faults.traffic import trading

AWAY_SECONDS = 5.0


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running(tmp_path_factory.mktemp("plant")) as plant:
        try:
            with trading(plant.url, plant.sandbox) as trade:
                yield Scene(plant, trade, AWAY_SECONDS)
        finally:
            print(plant.read_logs())


@pytest.fixture(scope="package")
def post(scene: Scene) -> Post:
    return Post(scene.plant.sandbox)
