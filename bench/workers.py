"""How fast events and mails are worked off by one process, and by one for each processor."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask

from app.queue.enqueue import queue
from app.queue.names import TaskNames
from bench import smtp_sink, unpaid
from bench.findings import Finding, Limit, Series
from bench.jobs import Queue
from bench.smtp_sink import Sink
from bench.unpaid import MAILS, Unpaid
from bench.web import lines, migrated
from sandbox.environment import ROOT, with_programs
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

PROCESSES = sorted({1, os.cpu_count() or 1})
EVENTS, EMAIL = "events", "email"
"""The queues."""


@dataclass(frozen=True)
class Plant:
    """What workers stand on, and the application in this process, on the same database."""

    app: Flask
    variables: Mapping[str, str]
    sink: Sink

    def queue(self, name: str) -> Queue:
        """One of its queues."""
        return Queue(self.variables["REDIS_URL"], name)

    def confirmed(self) -> int:
        """How many bookings are confirmed."""
        with self.app.app_context():
            return unpaid.confirmed()


@dataclass
class Rates:
    """How many a second, round by round, by number of processes."""

    events: dict[int, list[float]] = field(default_factory=lambda: {count: [] for count in PROCESSES})
    mails: dict[int, list[float]] = field(default_factory=lambda: {count: [] for count in PROCESSES})
    wrongs: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        """Each rate, and over that of one process."""
        for name, rates in (("events applied", self.events), ("mails sent", self.mails)):
            one = Limit("one process", Series(rates[1], "1/s"))
            yield Finding("workers", f"{name} a second, one process", one.series, wrongs=self.wrongs)
            for count in PROCESSES[1:]:
                yield Finding(
                    "workers",
                    f"{name} a second, {count} processes over one",
                    Series(rates[count], "1/s"),
                    one,
                )


def race(rounds: int, events: int) -> list[Finding]:
    """So many events a round, then their mails, by each number of processes in turns."""
    rates = Rates()
    with _running() as plant:
        with plant.app.app_context():
            sessions = unpaid.load(rounds * len(PROCESSES) * events)
        bills = iter([sessions[start : start + events] for start in range(0, len(sessions), events)])
        for _ in range(rounds):
            for count in PROCESSES:
                _events(plant, next(bills), count, rates)
                _mails(plant, events, count, rates)
        confirmed = plant.confirmed()
    if confirmed != len(sessions):
        rates.wrongs.append(f"{confirmed} of {len(sessions)} were confirmed")
    return list(rates.findings())


def _events(plant: Plant, sessions: Sequence[Unpaid], count: int, rates: Rates) -> None:
    laid_out = plant.queue(EVENTS).lay_out(queue, TaskNames.HANDLE_EVENT, list(unpaid.deliveries(sessions)))
    with _at_work(plant.variables, {"worker": f"{lines()['worker']} --concurrency {count}"}):
        rates.events[count].append(plant.queue(EVENTS).rate(laid_out, plant.confirmed))


def _mails(plant: Plant, events: int, count: int, rates: Rates) -> None:
    """Those of so many events, which have put a job each on the queue, by so many mailers."""
    jobs = plant.queue(EMAIL).set_aside()
    if jobs != events:
        rates.wrongs.append(f"the mails of {jobs} of {events} events were to leave at once")
    line = lines()["mailer"]
    mailers = {f"mailer{n}": line.replace("mailer@", f"mailer{n}@") for n in range(count)}
    with _at_work(plant.variables, mailers):
        rates.mails[count].append(plant.queue(EMAIL).rate(MAILS * events, lambda: plant.sink.count))


@contextmanager
def _running() -> Iterator[Plant]:
    with servers({}) as found, smtp_sink.running() as sink:
        variables = {**with_programs(os.environ), **found, **sink.variables, "PYTHONPATH": str(ROOT)}
        yield Plant(migrated(found), variables, sink)


@contextmanager
def _at_work(variables: Mapping[str, str], commands: Mapping[str, str]) -> Iterator[None]:
    with Supervisor(hurry=lambda: False) as foreman:
        foreman.start(commands, variables)
        yield
