"""The figures of a run: as a table and as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.fault import Outcome, Scene


@dataclass
class Report:
    scene: Scene
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0
    differences: str = ""
    """What `flask stripe reconcile` says at the end, when Stripe's word and our books do not agree."""

    @property
    def wrongs(self) -> list[str]:
        found = [f"{outcome.fault}: {wrong}" for outcome in self.outcomes for wrong in outcome.wrongs]
        return found + [self.differences] * bool(self.differences)

    def found(self) -> dict[str, Any]:
        """As it is kept."""
        answers = self.scene.traffic.answers
        last = max((outcome.verdict for outcome in self.outcomes), key=lambda verdict: verdict.payments)
        return {
            "seconds": round(self.seconds),
            "requests": answers.requests,
            "statuses": dict(sorted(answers.statuses.items())),
            "visits": dict(self.scene.traffic.ends.most_common()),
            "payments": last.payments,
            "mails": last.mails,
            "events": last.events,
            "faults": dict(Counter(str(outcome.fault) for outcome in self.outcomes)),
            "started_again": dict(self.scene.system.revived),
            "lost": sum(len(outcome.verdict.lost) for outcome in self.outcomes),
            "doubled": sum(len(outcome.verdict.doubled) for outcome in self.outcomes),
            "mails_doubled_by_a_kill": last.excused,
            "5xx": len(answers.broken),
            "503_while_something_was_away": len(answers.away),
            "not_taken_by_the_web": answers.unreached,
            "cut_by_a_kill": answers.cut,
            "cuts": answers.cuts,
            "wrongs": self.wrongs,
        }

    def table(self) -> str:
        """As it is told."""
        heads = f"{'':<56}{'times':>6}{'payments':>9}{'lost':>6}{'doubled':>9}{'5xx':>5}{'503':>6}{'cut':>6}"
        return "\n".join([heads, *self._lines(), "", *self._sums()])

    def _lines(self) -> list[str]:
        times = Counter(str(outcome.fault) for outcome in self.outcomes)
        return [self._line(name, count) for name, count in times.items()]

    def _line(self, name: str, count: int) -> str:
        of_it = [outcome for outcome in self.outcomes if str(outcome.fault) == name]
        lost = sum(len(outcome.verdict.lost) for outcome in of_it)
        doubled = sum(len(outcome.verdict.doubled) for outcome in of_it)
        figures = [sum(getattr(outcome, each) for outcome in of_it) for each in ("away", "cut")]
        broken = sum(len(outcome.broken) for outcome in of_it)
        payments = sum(outcome.payments for outcome in of_it)
        return (
            f"{name:<56}{count:>6}{payments:>9}{lost:>6}{doubled:>9}{broken:>5}{figures[0]:>6}{figures[1]:>6}"
        )

    def _sums(self) -> list[str]:
        found = self.found()
        names = [name for name, value in found.items() if isinstance(value, int)]
        return [f"{name.replace('_', ' '):<30}{found[name]:>8,}" for name in names]
