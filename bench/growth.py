"""Does anything take longer as the years go by? The same questions put to businesses of several sizes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from app.extensions import db
from bench import calendars, coach_lists, lists, operators, reconciling, sweeps, upkeep
from bench.businesses import businesses
from bench.figures import Figure, Figures, findings, save, table
from bench.findings import Finding
from bench.people import Business
from bench.plans import Plan, plan
from bench.question import Question

SIZES = (10_000, 100_000, 1_000_000)
ASKED = (calendars, coach_lists, lists, operators, sweeps, upkeep, reconciling)


@dataclass(frozen=True)
class Effort:
    """How often everything is asked: so many rounds of so many people."""

    rounds: int = 5
    people: int = 12

    def numbers(self, round_number: int, regulars: int) -> list[int]:
        """Who asks in a round: some of the regulars; coach number 0 is not counted."""
        return [(round_number * self.people + n) % (regulars - 1) for n in range(self.people)]


def compare(sizes: Sequence[Business], effort: Effort, folder: Path) -> list[Finding]:
    """Load the businesses, ask, print the figures of all sizes, keep them and the plans."""
    questions = [each for room in ASKED for each in room.questions()]
    figures: Figures = {question: {each.bookings: Figure() for each in sizes} for question in questions}
    with businesses(sizes, datetime.now(UTC)) as apps:
        for question, by_size in figures.items():
            for size, app in apps.items():
                by_size[size].plan = _plan(app, question)
        for round_number in range(effort.rounds):
            numbers = effort.numbers(round_number, min(business.regulars for business in sizes))
            for question, by_size in figures.items():
                _ask(question, apps, numbers, by_size)
    print(table(figures))
    save(figures, folder)
    return findings(figures)


def _plan(app: Flask, question: Question) -> Plan:
    with app.app_context():
        return plan(question)


def _ask(
    question: Question, apps: Mapping[int, Flask], numbers: Sequence[int], by_size: Mapping[int, Figure]
) -> None:
    """Each person asks at all sizes in turn: whatever else this machine does, it does to all of them."""
    samples: dict[int, list[tuple[float, int]]] = {size: [] for size in apps}
    for number in numbers:
        for size, app in apps.items():
            with app.app_context():
                _timed(question, number)  # what it reads is in memory then
                samples[size].append(_timed(question, number))
    for size, figure in by_size.items():
        figure.add(samples[size])


def _timed(question: Question, number: int) -> tuple[float, int]:
    """Milliseconds at the application's side of the database, and how many things the answer had."""
    db.session.connection()
    ask = question.by(number)
    started = time.perf_counter()
    things = ask()
    took = (time.perf_counter() - started) * 1000
    db.session.remove()
    return took, things
