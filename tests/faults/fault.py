"""A fault, and how it is judged what became of everything after it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.faults.consistency import Verdict, judge
from tests.faults.external_state import Post
from tests.faults.quiescence import rest
from tests.faults.system import System
from tests.faults.traffic import Traffic

UNDER_LOAD = 1.5
"""Seconds that the traffic runs before something is struck, and after it."""


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes."""

    system: System
    traffic: Traffic
    away_seconds: float
    """How long stays away what a story takes away."""

    def let_trade(self, seconds: float) -> None:
        self.traffic.over.wait(seconds)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in the middle of traffic. Asserts by itself what is particular to it."""

    name: str
    strike: Callable[[Scene], None]
    turns_away: bool = False
    """Whether people may be told 503 meanwhile, as what they need is away."""

    def __str__(self) -> str:
        return self.name


def in_turn(*faults: Fault) -> Fault:
    """Several faults with one rest after the last."""

    def strike(scene: Scene) -> None:
        for fault in faults:
            fault.strike(scene)

    return _together(faults, strike)


def at_once(*faults: Fault) -> Fault:
    """Several faults that have nothing to do with each other."""

    def strike(scene: Scene) -> None:
        with ThreadPoolExecutor(len(faults)) as pool:
            for struck in [pool.submit(fault.strike, scene) for fault in faults]:
                struck.result()

    return _together(faults, strike)


def _together(faults: Sequence[Fault], strike: Callable[[Scene], None]) -> Fault:
    return Fault(", ".join(map(str, faults)), strike, any(fault.turns_away for fault in faults))


@dataclass(frozen=True)
class Outcome:
    fault: Fault
    verdict: Verdict
    broken: list[str]
    """Answers 5xx that must not be."""
    away: int
    """Honest 503s."""
    cut: int
    """Requests that were taken and never answered."""
    payments: int
    """How many came meanwhile."""
    seconds: tuple[float, float, float]
    """To strike, to come to rest, to judge."""

    @property
    def wrongs(self) -> list[str]:
        return self.verdict.wrongs + [f"5xx: {each}" for each in self.broken]


def struck(fault: Fault, scene: Scene, post: Post) -> Outcome:
    """What is wrong after a fault in the middle of traffic, once everything has come to rest."""
    traffic, answers = scene.traffic, scene.traffic.answers
    paid, cut, broken, away = len(traffic.paid), answers.cut, len(answers.broken), len(answers.away)
    erred = len(traffic.errors)
    traffic.go_on()
    scene.let_trade(UNDER_LOAD / 2)
    began = time.monotonic()
    fault.strike(scene)
    over = time.monotonic()
    scene.let_trade(UNDER_LOAD / 2)
    rest(scene.system, traffic)
    scene.system.sandbox.behaves()
    rested = time.monotonic()
    turned_away = answers.away[away:]
    wrong = answers.broken[broken:] + ([] if fault.turns_away else turned_away) + traffic.errors[erred:]
    with scene.system.database.connect() as rows:
        verdict = judge(rows, scene.system, traffic, post)
    seconds = over - began, rested - over, time.monotonic() - rested
    return Outcome(
        fault, verdict, wrong, len(turned_away), answers.cut - cut, len(traffic.paid) - paid, seconds
    )
