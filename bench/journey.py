"""From the payer's click to the confirmed booking, and to both mails at the mail server."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from uuid import UUID

from bench import arrivals, confirmations, letterbox, payers, processes, stops, system
from bench.findings import AtMost, Finding, Series
from bench.kept import keep
from bench.letterbox import Letterbox
from bench.payers import Payer
from bench.stops import STOPS, Trip
from bench.system import System

PAYMENTS = 12
"""Of a round, one after the other."""
A_SECOND = 20
IDLE, BUSY = "idle", f"at {A_SECOND}/s"
AIMS = {("to confirmed", IDLE, "p99"): AtMost(250)}
"""Milliseconds."""
QUANTITIES = {
    "delivered": "to the webhook (the sandbox's)",
    "confirmed": "to confirmed",
    "mailed": "to both mails",
}
SHARES = {"p50": 0.5, "p99": 0.99}
WARM_UP = 10
PATIENCE = 60.0
"""Seconds after the last click; whatever was not confirmed and mailed by then is missing."""
PARTS = ("web", "worker", "mailer", "stripe")
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Rush:
    """Payments of one round, and how they went."""

    trips: Sequence[Trip]
    missing: int
    seconds: float
    """From the first click to the last confirmation."""
    work: Mapping[str, float]
    """Processor seconds, by part, until all was at rest again."""

    def waits(self, stop: str, share: float) -> float:
        """Milliseconds from the click that so large a share of the payers waited at most."""
        return 1000 * arrivals.share([trip.since_click(stop) for trip in self.trips], share)


def travel(rounds: int, payments: int, seconds: int, folder: Path) -> list[Finding]:
    """One after the other and at a steady pace, in turns; prints and keeps where the time goes."""
    calm, busy = [], []
    with (
        letterbox.open_letterbox() as box,
        system.running(box.port) as running,
        confirmations.heard(running.database_url) as confirmed,
    ):
        people = iter(payers.ready(running, WARM_UP + rounds * (payments + A_SECOND * seconds)))
        watch = partial(_watched, running, box, confirmed)
        rest = partial(_rest, running, confirmed)
        watch(payers.steadily(_next(people, WARM_UP), A_SECOND))
        for _ in range(rounds):
            calm.append(watch(payers.one_by_one(_next(people, payments), rest)))
            busy.append(watch(payers.steadily(_next(people, A_SECOND * seconds), A_SECOND)))
    stages = {IDLE: _stages(calm), BUSY: _stages(busy)}
    print(_table(stages))
    keep(folder, "journey.json", stages)
    return [*_findings(IDLE, calm), *_findings(BUSY, busy), _held(busy), *_work(busy)]


def _next(people: Iterator[Payer], count: int) -> list[Payer]:
    return [next(people) for _ in range(count)]


def _rest(running: System, confirmed: Mapping[UUID, float], bookings: set[UUID]) -> None:
    """Wait until these bookings are confirmed, and nothing is left to do; not for ever."""
    deadline = time.monotonic() + PATIENCE
    while not (bookings <= confirmed.keys() and stops.is_at_rest(running)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _watched(
    running: System, box: Letterbox, confirmed: Mapping[UUID, float], clicks: Iterator[tuple[Payer, float]]
) -> Rush:
    before = _worked(running)
    clicked = {payer.booking_id: at for payer, at in clicks}
    _rest(running, confirmed, set(clicked))
    found = stops.trips(running, clicked, confirmed, box.arrived)
    seconds = max(confirmed.get(each, 0.0) for each in clicked) - min(clicked.values())
    work = {part: busy - before[part] for part, busy in _worked(running).items()}
    return Rush(found, len(clicked) - len(found), seconds, work)


def _worked(running: System) -> dict[str, float]:
    return {part: processes.busy_seconds(running.pids(part)) for part in PARTS}


def _stages(rushes: Sequence[Rush]) -> dict[str, float]:
    """Milliseconds that it takes from each stop to the next, at the median."""
    found = [trip for rush in rushes for trip in rush.trips]
    return {stop: round(1000 * median(trip.leg(stop) for trip in found), 2) for stop in STOPS[1:]}


def _table(stages: Mapping[str, Mapping[str, float]]) -> str:
    heads = "".join(f"{name:>18}" for name in stages)
    lines = [
        f"{stop:<50}" + "".join(f"{legs[stop]:>15.1f} ms" for legs in stages.values()) for stop in STOPS[1:]
    ]
    return "\n".join(["", f"{'the median time from one stop to the next':<50}{heads}", *lines])


def _findings(name: str, rushes: Sequence[Rush]) -> Iterator[Finding]:
    missing = sum(rush.missing for rush in rushes)
    wrongs = [f"{missing} payments were not confirmed and mailed"] * bool(missing)
    for stop, quantity in QUANTITIES.items():
        for share, part in SHARES.items():
            waits = Series([rush.waits(stop, part) for rush in rushes], "ms")
            aim = AIMS.get((quantity, name, share))
            yield Finding("journey", f"{quantity}, {name}, {share}", waits, aim=aim, wrongs=wrongs)
            wrongs = []


def _held(rushes: Sequence[Rush]) -> Finding:
    rates = [len(rush.trips) / rush.seconds for rush in rushes]
    return Finding("journey", f"confirmed a second where {A_SECOND} a second pay", Series(rates, "1/s"))


def _work(rushes: Sequence[Rush]) -> Iterator[Finding]:
    """However busy the machine is, this is what it has to do; one processor pays so many a second at most."""
    if processes.is_counted():
        for part in PARTS:
            of_one = [1000 * rush.work[part] / len(rush.trips) for rush in rushes]
            yield Finding(
                "journey", f"processor time of a payment, {part}", Series(of_one, "ms of a processor")
            )
