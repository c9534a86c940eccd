"""`python -m docs.prose`: checks the words and the sentences of the documentation, with proselint.

Each finding is a line with its file and line number. The exit code says whether there is any.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check
from proselint.registry.checks.types import PreferredFormsSimple
from proselint.tools import LintFile

from docs.sentences import too_long, without_code
from docs.vocabulary import BUILT_IN, PREFERRED

ROOT = Path(__file__).parents[1]
VOCABULARY = Check(PreferredFormsSimple(PREFERRED), path="vocabulary", message="'{1}': write {0}")
CONFIG = {"checks": dict.fromkeys([*BUILT_IN, "vocabulary"], True), "max_errors": 1000}


def pages() -> list[Path]:
    built = ROOT / "docs" / "site"
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path for path in found if built not in path.parents)


def findings(page: str) -> Iterator[tuple[int, str]]:
    """The line and the description of each fault of a page."""
    prose = without_code(page)
    for found in LintFile("page", prose).lint(CONFIG):
        yield found.pos[0], found.check_result.message
    yield from too_long(prose)


def main() -> int:
    registry = CheckRegistry()
    registry.register_many(__register__)
    registry.register(VOCABULARY)
    faults = 0
    for path in pages():
        for line, fault in findings(path.read_text()):
            faults += 1
            print(f"{path.relative_to(ROOT)}:{line}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
