"""One picture of all findings: a bar each, with what the rounds spread over, and the aim as a line."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.findings import Finding

BAR_INCHES = 0.32
MET, MISSED, NO_AIM = "#2a7f62", "#c0392b", "#7f8c8d"


def draw(findings: Sequence[Finding], file: Path) -> None:
    """Write it as PNG: a panel for each bench and what it measures, as rates and waits share no scale."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for each in findings:
        found.setdefault((each.bench, each.measured.unit, each.judged.unit), []).append(each)
    panels = list(found.values())
    heights = [len(panel) + 1.6 for panel in panels]
    figure = Figure(figsize=(11, BAR_INCHES * sum(heights) + 0.4), layout="constrained", dpi=120)
    axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)
    for panel, (axis,) in zip(panels, axes, strict=True):
        _bars(axis, panel)
    figure.savefig(file)


def _bars(axis: Axes, panel: Sequence[Finding]) -> None:
    places = range(len(panel))
    medians = [each.judged.median for each in panel]
    spreads = [each.judged.spread for each in panel]
    reach = [
        [median - low for median, (low, _) in zip(medians, spreads, strict=True)],
        [high - median for median, (_, high) in zip(medians, spreads, strict=True)],
    ]
    axis.barh(places, medians, xerr=reach, height=0.62, color=[_colour(each) for each in panel], capsize=3)
    for place, each in zip(places, panel, strict=True):
        if each.aim:
            axis.plot([each.aim.value] * 2, [place - 0.42, place + 0.42], color="black", linewidth=1.6)
    axis.set_yticks(places, [each.name for each in panel], fontsize=8)
    axis.set_title(f"{panel[0].bench} ({_what(panel[0])})", loc="left", fontsize=9, fontweight="bold")
    axis.tick_params(axis="x", labelsize=8)
    axis.set_ylim(len(panel) - 0.4, -0.6)  # the first on top, and no empty rows
    axis.margins(x=0.06)
    axis.spines[["top", "right"]].set_visible(False)


def _what(finding: Finding) -> str:
    aims = ", the black line is the aim" if finding.aim else ""
    return f"{finding.judged.unit or f'{finding.measured.unit}, ratio to the limit'}{aims}"


def _colour(finding: Finding) -> str:
    if finding.aim is None:
        return NO_AIM
    return MISSED if finding.misses else MET
