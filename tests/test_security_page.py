"""SECURITY.md and docs/asvs.md name what there is, and each "yes" a test that shows it."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
PAGE = (HERE / "SECURITY.md").read_text()
ASVS = (HERE / "docs" / "asvs.md").read_text()
ROW = re.compile(r"^\| ((?:[0-9]+\.[0-9]+\.[0-9]+(?:, )?)+) \| ([^|]+) \| ([^|]+) \| (.*) \|$", re.MULTILINE)
ANSWERS = {"yes", "no", "documented", "operator", "n/a"}
REQUIREMENTS = (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7)
"""How many each chapter of OWASP ASVS 5.0.0 has at levels 1 and 2."""
REAL = re.compile(
    r"[sr]k_live_[0-9A-Za-z]{16,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[0-9A-Za-z]{30,}"
)
OTHERS = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def rows() -> list[tuple[list[str], str, str]]:
    """Each row's requirements, its answer, and what it says."""
    return [(ids.split(", "), answer, said) for ids, _, answer, said in ROW.findall(ASVS)]


@cache
def functions_of(path: str) -> set[str]:
    if not (HERE / path).is_file():
        return set()
    tree = ast.parse((HERE / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", [PAGE, ASVS], ids=["SECURITY.md", "asvs.md"])
def test_every_file_that_it_names_is_there(page: str) -> None:
    named = set(re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|txt|toml|md))(?:::\w+)?`", page))

    assert len(named) > 10
    assert [path for path in sorted(named) if not (HERE / path).is_file()] == []


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE + ASVS))

    assert len(named) > 100
    assert [f"{path}::{name}" for path, name in sorted(named) if name not in functions_of(path)] == []


def test_each_requirement_has_one_answer() -> None:
    ids = [each for several, _, _ in rows() for each in several]

    assert len(set(ids)) == len(ids)
    of_chapter = Counter(int(each.partition(".")[0]) for each in ids)
    assert [of_chapter[chapter] for chapter in range(1, 18)] == list(REQUIREMENTS)
    assert {answer for _, answer, _ in rows()} == ANSWERS


def test_each_yes_names_a_test_and_each_no_a_reason() -> None:
    for ids, answer, said in rows():
        without = re.sub(r"[^\w]|n/a", "", said)
        assert without, ids
        if answer == "yes":
            assert re.search(r"`tests/[\w/]+\.py::test_\w+`", said), ids
        if answer == "documented":
            assert re.search(r"\]\((?:\.\./)?[\w./-]+\.md(?:#[\w-]+)?\)", said), ids


def test_each_no_stands_on_the_page_in_short() -> None:
    short = set(re.findall(r"\b\d+\.\d+\.\d+\b", PAGE.partition("What is **no**")[2].partition("\n\n## ")[0]))

    assert short == {each for ids, answer, _ in rows() if answer == "no" for each in ids}


@pytest.mark.parametrize("ending", ["py", "md", "txt", "toml", "json", "html", "env"])
def test_no_file_holds_what_looks_like_a_key_in_use(ending: str) -> None:
    files = [path for path in HERE.rglob(f"*.{ending}") if not OTHERS & set(path.parts)]

    assert [str(path) for path in files if REAL.search(path.read_text(errors="replace"))] == []
