"""What was measured at each size, as a table and as JSON, and what it says of growth."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.findings import AtMost, Finding, Limit, Series
from bench.kept import keep
from bench.plans import Plan
from bench.question import Question

MAX_GROWTH = 1.5


@dataclass
class Figure:
    """What one question took at one size."""

    plan: Plan = Plan("", frozenset())  # noqa: RUF009 - it is frozen
    medians: list[float] = field(default_factory=list)
    """Milliseconds, of each round."""
    things: int = 0
    """How many the answers had, at the median of the last round."""

    def add(self, samples: Sequence[tuple[float, int]]) -> None:
        """One more round."""
        self.medians.append(statistics.median(took for took, _ in samples))
        self.things = statistics.median_low(things for _, things in samples)

    @property
    def median(self) -> float:
        return statistics.median(self.medians)


Figures = dict[Question, dict[int, Figure]]
"""By question and number of bookings, the smallest first."""


def table(figures: Figures) -> str:
    """A line a question: at each size the median, the lowest and highest of the rounds, the pages read."""
    sizes = list(next(iter(figures.values())))
    heads = "".join(f"{f'{size:,} bookings':>37}" for size in sizes)
    parts = f"{'ms':>9}{'low to high':>15}{'ratio':>6}{'pages':>7}" * len(sizes)
    lines = [f"{'':<46}{heads}", f"{'':<39}{'things':>7}{parts}"]
    for question, by_size in figures.items():
        cells = "".join(_cells(figure, by_size[sizes[0]]) for figure in by_size.values())
        things = max(figure.things for figure in by_size.values())
        lines.append(f"{question.name:<39}{things:>7,}{cells}")
    return "\n".join(lines)


def _cells(figure: Figure, smallest: Figure) -> str:
    spread = f"{min(figure.medians):.1f} to {max(figure.medians):.1f}"
    return f"{figure.median:>9.2f}{spread:>15}{figure.median / smallest.median:>6.2f}{figure.plan.pages:>7,}"


def findings(figures: Figures) -> list[Finding]:
    """A line a question: the most bookings held against the fewest."""
    return [_finding(question, by_size) for question, by_size in figures.items()]


def _finding(question: Question, by_size: dict[int, Figure]) -> Finding:
    fewest, most = min(by_size), max(by_size)
    return Finding(
        "growth",
        question.name,
        Series(by_size[most].medians, "ms"),
        Limit(f"with {fewest:,} bookings", Series(by_size[fewest].medians, "ms")),
        AtMost(MAX_GROWTH) if question.is_flat else None,
        list(_wrongs(question, by_size)),
    )


def _wrongs(question: Question, by_size: dict[int, Figure]) -> Iterable[str]:
    for size, figure in by_size.items():
        at = f"at {size:,} bookings"
        if question.longest and figure.median > question.longest:
            yield f"{at} {figure.median:.1f} ms; the aim is {question.longest:.0f}"
        yield from (f"{at} it {fault}" for fault in figure.plan.faults)


def save(figures: Figures, folder: Path) -> None:
    """Keep growth.json, and the plans beside it."""
    found = {
        question.name: {
            size: {
                "median_ms": round(figure.median, 3),
                "round_medians_ms": [round(each, 3) for each in figure.medians],
                "ratio": round(figure.median / next(iter(by_size.values())).median, 3),
                "things": figure.things,
                "pages": figure.plan.pages,
                "scanned": figure.plan.scanned,
                "sorted": figure.plan.sorted,
                "passed_over": figure.plan.passed_over,
            }
            for size, figure in by_size.items()
        }
        for question, by_size in figures.items()
    }
    keep(folder, "growth.json", found)
    for size in next(iter(figures.values())):
        told = [f"=== {question.name}\n{by_size[size].plan.told}" for question, by_size in figures.items()]
        keep(folder, f"plans-{size}.txt", "\n".join(told))
