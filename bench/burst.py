"""Deliveries at once, until each booking is confirmed and both its mails are at the mail server."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from app.config.settings import Settings
from bench import deliveries, processes, smtp_sink, system, unpaid
from bench.findings import AtMost, Finding, Series
from bench.smtp_sink import Sink
from bench.system import System
from bench.unpaid import MAILS

WARM_UP = 100
PATIENCE = 120.0
"""Seconds until all of a burst has to be done."""
LOOK_SECONDS = 0.02
PARTS = ("web", "worker", "mailer")
DATABASE = "PostgreSQL"
EVENT_MS = AtMost(12)
MAIL_MS = AtMost(3.5)
CONFIRMED, MAILED, AT_REST = "confirmed", "confirmed and mailed", "at rest"
_CONFIRMED = b"SELECT count(*) FROM booking WHERE status = 'confirmed'"
_ALL_ARE_SENT = b"SELECT NOT EXISTS (SELECT FROM email WHERE status <> 'sent')"
# Nobody looks for fees: the sandbox's Stripe does not know these payments.
_WITHOUT_FEES = b"UPDATE payment SET fee_due_at = NULL WHERE fee_due_at IS NOT NULL"


@dataclass(frozen=True)
class Application:
    """One that takes deliveries, confirms bookings and sends mails."""

    port: int
    path: str
    connection: psycopg.Connection[Any]
    """To its database, which has a table of bookings."""
    pids: Mapping[str, Callable[[], set[int]]]
    """Its processes, by part."""
    all_are_sent: bytes
    """The query that says whether every mail is marked as sent."""

    def work(self) -> dict[str, float]:
        """Processor seconds until now, by part."""
        return {part: processes.busy_seconds(pids()) for part, pids in self.pids.items()}

    def answer(self, query: bytes) -> Any:
        """The one value that a query has."""
        row = self.connection.execute(query).fetchone()
        return row and row[0]


@dataclass(frozen=True)
class Burst:
    """How one burst went."""

    events: int
    seconds: Mapping[str, float]
    """From the first delivery until all were confirmed, and until all mails were at the mail server."""
    work: Mapping[str, float]
    """Processor seconds by part, until all was at rest again."""
    wrongs: Sequence[str]

    def rate(self, stop: str) -> float:
        """How many a second."""
        return self.events / self.seconds.get(stop, PATIENCE)

    def of_event(self, *parts: str) -> float:
        """Milliseconds of a processor that these parts worked for each event."""
        return 1000 * sum(self.work[part] for part in parts) / self.events


def compare(rounds: int, events: int) -> list[Finding]:
    """A burst of so many events a round."""
    bursts = []
    with smtp_sink.running() as sink, system.running(sink.port) as running:
        with running.app.app_context():
            payloads = list(unpaid.deliveries(unpaid.load(WARM_UP + rounds * events)))
        with psycopg.connect(running.database_url, autocommit=True) as connection:
            ours = _ours(running, connection)
            _burst(ours, sink, payloads[:WARM_UP])
            for start in range(WARM_UP, len(payloads), events):
                bursts.append(_burst(ours, sink, payloads[start : start + events]))
                connection.execute(_WITHOUT_FEES)
    return list(_findings(bursts))


def _ours(running: System, connection: psycopg.Connection[Any]) -> Application:
    backend = connection.info.backend_pid
    pids = {part: lambda part=part: running.pids(part) for part in PARTS}
    servers = {DATABASE: lambda: processes.server_of(backend)}
    return Application(running.port, "/payment/webhook", connection, pids | servers, _ALL_ARE_SENT)


def _burst(application: Application, sink: Sink, payloads: Sequence[str]) -> Burst:
    confirmed = application.answer(_CONFIRMED) + len(payloads)
    mailed = sink.count + MAILS * len(payloads)
    goals: dict[str, Callable[[], bool]] = {
        CONFIRMED: lambda: application.answer(_CONFIRMED) >= confirmed,
        MAILED: lambda: sink.count >= mailed,
        AT_REST: lambda: sink.count >= mailed and application.answer(application.all_are_sent),
    }
    before, secret = application.work(), Settings.load().stripe_webhook_secret[0]
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(deliveries.deliver_all, application.port, application.path, payloads, secret)
        seconds = _reached(goals)
    wrongs = [f"{refused.result()} deliveries were not taken"] * bool(refused.result())
    wrongs += [f"{PATIENCE:g} seconds after a burst not all was {each}" for each in goals.keys() - seconds]
    if sink.count > mailed:
        wrongs.append(f"{sink.count - mailed} mails were sent twice")
    work = {part: worked - before[part] for part, worked in application.work().items()}
    return Burst(len(payloads), seconds, work, wrongs)


def _reached(goals: Mapping[str, Callable[[], bool]]) -> dict[str, float]:
    """Seconds until each goal was reached; those that take too long are left out."""
    began, reached = time.perf_counter(), dict[str, float]()
    while len(reached) < len(goals) and time.perf_counter() - began < PATIENCE:
        for name, is_reached in goals.items():
            if name not in reached and is_reached():
                reached[name] = time.perf_counter() - began
        time.sleep(LOOK_SECONDS)
    return reached


def _findings(bursts: Sequence[Burst]) -> Iterator[Finding]:
    wrongs = [wrong for burst in bursts for wrong in burst.wrongs]
    for stop in (CONFIRMED, MAILED):
        rates = Series([burst.rate(stop) for burst in bursts], "1/s")
        yield Finding("burst", f"{stop} a second", rates, wrongs=wrongs if stop == MAILED else ())
    if processes.is_counted():
        yield _work("all three", bursts, PARTS, EVENT_MS)
        for part in (*PARTS, DATABASE):
            yield _work(part, bursts, [part])
        mail = Series([burst.of_event("mailer") / MAILS for burst in bursts], "ms")
        yield Finding("burst", "processor time of a mail", mail, aim=MAIL_MS)


def _work(name: str, bursts: Sequence[Burst], parts: Sequence[str], aim: AtMost | None = None) -> Finding:
    of_event = Series([burst.of_event(*parts) for burst in bursts], "ms")
    return Finding("burst", f"processor time of an event, {name}", of_event, aim=aim)
