"""SECURITY.md names what there is."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
PAGE = (HERE / "SECURITY.md").read_text()
REAL = re.compile(
    r"[sr]k_live_[0-9A-Za-z]{16,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[0-9A-Za-z]{30,}"
)
OTHERS = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|txt|toml|md))`", PAGE))

    assert len(named) > 40
    assert [path for path in sorted(named) if not (HERE / path).is_file()] == []


def test_no_requirement_is_left_without_an_answer() -> None:
    table = PAGE.partition("| requirement |")[2].partition("\n\n")[0]
    answers = {line.split("|")[2].strip() for line in table.splitlines()[2:]}

    assert answers == {"yes", "no", "partly", "n/a", "deployer"}


@pytest.mark.parametrize("ending", ["py", "md", "txt", "toml", "json", "html", "env"])
def test_no_file_holds_what_looks_like_a_key_in_use(ending: str) -> None:
    files = [path for path in HERE.rglob(f"*.{ending}") if not OTHERS & set(path.parts)]

    assert [str(path) for path in files if REAL.search(path.read_text(errors="replace"))] == []
