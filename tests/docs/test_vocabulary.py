"""Messages, log lines and mails keep to the vocabulary of the documentation."""

import ast
import re
from collections.abc import Iterator

import pytest

from docs.vocabulary import PREFERRED
from tests.docs.blocks import ROOT

WORDS = re.compile(
    r"\b(" + "|".join(re.escape(each) for each in sorted(PREFERRED, key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
JINJA = re.compile(r"\{[{%#].*?[%#}]\}", re.DOTALL)
CODE = sorted(path for room in ("app", "worker") for path in (ROOT / room).rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "app").rglob("templates/*") if path.suffix in {".html", ".txt"})


def messages(source: str) -> Iterator[tuple[int, str]]:
    """The line and text of each string of three words or more that is no docstring."""
    tree = ast.parse(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):  # an f-string before its parts
        text = _text(node, skipped) or ""
        if len(text.split()) > 2:
            yield node.lineno, text  # type: ignore[attr-defined]


def _text(node: ast.AST, skipped: set[int]) -> str | None:
    if isinstance(node, ast.JoinedStr):
        skipped |= {id(part) for part in node.values}
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
        return node.value
    return None


def faults(text: str) -> list[str]:
    return [f"{word}: write {PREFERRED[word.lower()]}" for word in WORDS.findall(text)]


def test_no_message_and_no_log_line_uses_a_word_that_the_vocabulary_replaces() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in CODE
        for line, text in messages(path.read_text())
        for fault in faults(text)
    ]

    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_uses_a_word_that_the_vocabulary_replaces(path: object) -> None:
    assert faults(JINJA.sub("", path.read_text())) == []  # type: ignore[attr-defined]


def test_a_message_is_read_and_a_docstring_is_not() -> None:
    source = 'def refuse():\n    """Nobody is told."""\n    raise ValueError(f"{name} is told by nobody")\n'

    assert [(line, faults(text)) for line, text in messages(source)] == [
        (3, ["told: write notified, or say who reports what", "nobody: write no one, or name the actor"])
    ]
