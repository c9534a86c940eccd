"""Trees to run in."""

from pathlib import Path

import pytest

from tests.sandbox import runs


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    return runs.small_tree_in(tmp_path)


@pytest.fixture
def whole_tree(tmp_path: Path) -> Path:
    return runs.whole_tree_in(tmp_path)
