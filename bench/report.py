"""The findings of a run: a table beside those of the last run, JSON, and a picture."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import picture
from bench.findings import Finding, Series
from bench.kept import keep

LATEST = "latest.json"
BEFORE = "before.json"
PICTURE = "latest.png"
Kept = dict[str, dict[str, Any]]


def tell(findings: Sequence[Finding], folder: Path) -> None:
    """Print the table and keep all of it in the folder. Benches that were not run stay as they were."""
    before = _kept(folder)
    print(table(findings, before))
    benches = {each.bench for each in findings}
    others = {key: each for key, each in before.items() if each["bench"] not in benches}
    keep(folder, BEFORE, before)
    keep(folder, LATEST, others | {key(each): each.kept() for each in findings})
    picture.draw(findings, folder / PICTURE)


def table(findings: Sequence[Finding], before: Kept) -> str:
    """A line a finding: measured, its limit, what is judged with its spread, the aim, and the last run's."""
    head = (
        f"{'':<58}{'measured':>20}{'limit':>12}{'judged':>9}{'low to high':>17}  {'aim':<14}{'last run':>9}"
    )
    return "\n".join(["", head, *(_line(each, before.get(key(each))) for each in findings)])


def key(finding: Finding) -> str:
    return f"{finding.bench}: {finding.name}"


def _line(finding: Finding, last: dict[str, Any] | None) -> str:
    measured = f"{_short(finding.measured.median)} {finding.measured.unit}"
    limit = _short(finding.limit.series.median) if finding.limit else ""
    then = _short(statistics.median(last["judged"])) if last else "-"
    return (
        f"{key(finding):<58}{measured:>20}{limit:>12}{_short(finding.judged.median):>9}"
        f"{_spread(finding.judged):>17}  {finding.aim or ''!s:<14}{then:>9}"
    )


def _spread(series: Series) -> str:
    low, high = series.spread
    return f"{_short(low)} to {_short(high)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _kept(folder: Path) -> Kept:
    file = folder / LATEST
    found: Kept = json.loads(file.read_text()) if file.exists() else {}
    return found
