"""The sentences of a Markdown page, without its code."""

import re
from collections.abc import Iterator

MAX_WORDS = 30
"""A longer sentence has two ideas."""
_CODE = re.compile(
    r"^ *```.*?^ *```$|`[^`\n]+`|<!--.*?-->|\]\([^)]*\)|https?://\S+", re.MULTILINE | re.DOTALL
)
_END = re.compile(r"(?<=[.!?:;])\s+|\n\s*\n|\n *(?=[-*] |\d+\. |#)|\||\n(?=\|)")


def without_code(page: str) -> str:
    """The page with each character of code as an x: positions stay, and a name counts as one word."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", "x", code[0]), page)


def too_long(prose: str) -> Iterator[tuple[int, str]]:
    """The line on which each sentence of too many words starts, and what is wrong with it."""
    start = 0
    for end in [*(gap.end() for gap in _END.finditer(prose)), len(prose)]:
        words = prose[start:end].split()
        if len(words) > MAX_WORDS:
            yield (
                prose.count("\n", 0, start) + 1,
                f"a sentence of {len(words)} words: {' '.join(words[:6])} …",
            )
        start = end
