"""The code blocks of the documentation, each with the mark before it and the answer that it shows."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PASTED_IN_ORDER = (
    "README.md",
    "docs/quick-start.md",
    "docs/coach-calendar.md",
    "docs/sandbox.md",
    "docs/email.md",
    "docs/operations.md",
    "docs/reconciliation.md",
    "docs/privacy.md",
)
"""The pages with blocks to paste: each goes on in the terminal of those before it."""
PASTED = "pasted"
NOT_PASTED = "not pasted: "
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w{}]*)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
_MARK = re.compile(r"<!-- (.*?) -->\s*\Z")
_LEFT_OUT = "…"


def pages() -> dict[str, str]:
    """The text of every page, by its path: those to paste first, in their order."""
    others = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
    paths = dict.fromkeys([*PASTED_IN_ORDER, *(str(path.relative_to(ROOT)) for path in others)])
    return {path: (ROOT / path).read_text() for path in paths if "site/" not in path}


@dataclass
class Block:
    """A block for the shell."""

    mark: str | None
    script: str
    answer: str = ""
    """What is shown below it: JSON, or the text printed."""
    answer_language: str = ""

    def __str__(self) -> str:
        return self.script.splitlines()[0]

    @property
    def is_pasted(self) -> bool:
        return self.mark == PASTED

    @property
    def documents(self) -> list[Any]:
        """The JSON shown, in which `…` stands for what is left out."""
        return parsed(as_json(self.answer)) if self.answer_language == "json" else []


_CODE = {"{toctree}", "html", "python", "jinja"}
"""Blocks that are no answer to one for the shell."""


def blocks(text: str) -> list[Block]:
    """All blocks for the shell, in order. An answer follows its block before the next one."""
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        if fence["language"] == "bash":
            mark = _MARK.search(text[: fence.start()])
            found.append(Block(mark[1] if mark else None, fence["body"]))
        elif fence["language"] not in _CODE:
            assert not found[-1].answer, f"a second answer to one block: {fence['body'][:60]}"
            found[-1].answer, found[-1].answer_language = fence["body"], fence["language"]
    return found


def as_json(shown: str) -> str:
    """`…` at the end of an object or a list becomes a member that says so."""
    in_objects = re.sub(rf",\s*{_LEFT_OUT}\s*}}", f', "{_LEFT_OUT}": null}}', shown)
    return re.sub(rf",\s*{_LEFT_OUT}\s*\]", "]", in_objects)


def parsed(text: str) -> list[Any]:
    """Each JSON document in what was printed, whatever other lines stand between them."""
    decoder, documents, at = json.JSONDecoder(), [], 0
    while (at := text.find("{", at)) >= 0:
        document, at = decoder.raw_decode(text, at)
        documents.append(document)
    return documents


def keys(shown: Any, real: Any, path: str = "") -> list[str]:
    """Where the two differ in their keys, or in what kind of value stands there; null fits everything."""
    if shown is None or real is None:
        return []
    if isinstance(shown, dict) and isinstance(real, dict):
        unlike = set(shown) ^ set(real) if _LEFT_OUT not in shown else set(shown) - set(real) - {_LEFT_OUT}
        both = (keys(shown[name], real[name], f"{path}/{name}") for name in set(shown) & set(real))
        return [f"{path}/{name}" for name in sorted(unlike)] + [wrong for each in both for wrong in each]
    if isinstance(shown, list) and isinstance(real, list):
        return keys(shown[0], real[0], f"{path}/0") if shown and real else []
    is_number = isinstance(shown, int | float) and isinstance(real, int | float)
    return [] if is_number or type(shown) is type(real) else [path]
