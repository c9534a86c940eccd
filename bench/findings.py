"""What a bench found: a quantity, the limit it is held against, and what we aim for."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Series:
    """One quantity, measured once a round."""

    rounds: Sequence[float]
    unit: str

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest of the rounds."""
        return min(self.rounds), max(self.rounds)

    def over(self, limit: "Series") -> "Series":
        """The ratio in each round; both were measured in turns, so whatever else went on they shared."""
        return Series([mine / its for mine, its in zip(self.rounds, limit.rounds, strict=True)], "")


@dataclass(frozen=True)
class Limit:
    """What the quantity is held against, measured in the same rounds."""

    name: str
    series: Series


@dataclass(frozen=True)
class AtLeast:
    value: float

    def is_met_by(self, found: float) -> bool:
        return found >= self.value

    def __str__(self) -> str:
        return f"at least {self.value:g}"


@dataclass(frozen=True)
class AtMost:
    value: float

    def is_met_by(self, found: float) -> bool:
        return found <= self.value

    def __str__(self) -> str:
        return f"at most {self.value:g}"


@dataclass(frozen=True)
class Finding:
    """One line of the table and one bar of the picture."""

    bench: str
    name: str
    measured: Series
    limit: Limit | None = None
    aim: AtLeast | AtMost | None = None
    wrongs: Sequence[str] = field(default=())
    """A sentence for each thing that went wrong while it was measured."""

    @property
    def judged(self) -> Series:
        """What the aim is about: the ratio where there is a limit, else the quantity itself."""
        return self.measured.over(self.limit.series) if self.limit else self.measured

    @property
    def misses(self) -> list[str]:
        """A sentence for each aim that was missed."""
        found = self.judged
        missed = self.aim is not None and not self.aim.is_met_by(found.median)
        about = f"{found.median:.3g} {found.unit or 'of the limit'}; the aim is {self.aim}"
        return [f"{self.bench}: {self.name}: {each}" for each in [*([about] * missed), *self.wrongs]]

    def kept(self) -> dict[str, Any]:
        """As it stands in the JSON."""
        limit = self.limit
        return {
            "bench": self.bench,
            "name": self.name,
            "unit": self.measured.unit,
            "rounds": _rounded(self.measured.rounds),
            "limit": limit and {"name": limit.name, "rounds": _rounded(limit.series.rounds)},
            "judged": _rounded(self.judged.rounds),
            "aim": self.aim and str(self.aim),
            "misses": self.misses,
        }


def _rounded(rounds: Sequence[float]) -> list[float]:
    return [float(f"{each:.5g}") for each in rounds]
