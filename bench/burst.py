"""Deliveries at once, until both mails of each are at the mail server, beside the inline application."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg

from app.config.settings import Settings
from bench import deliveries, inline, processes, smtp_sink, system, unpaid
from bench.application import DATABASE, Application
from bench.environments import NotInstalled
from bench.findings import AtLeast, AtMost, Finding, Limit, Series
from bench.smtp_sink import Sink
from bench.system import System
from bench.unpaid import MAILS

WARM_UP = 100
PATIENCE = 120.0
"""Seconds until all of a burst has to be done."""
LOOK_SECONDS = 0.02
OURS, INLINE = "ours", inline.NAME
THE_PEER = "the inline application"
PARTS = ("web", "worker", "mailer")
AS_FAST = AtLeast(1)
EVENT_MS = AtMost(12)
MAIL_MS = AtMost(3.5)
CONFIRMED, MAILED, AT_REST = "confirmed", "confirmed and mailed", "at rest"
_CONFIRMED = b"SELECT count(*) FROM booking WHERE status = 'confirmed'"
_ALL_ARE_SENT = b"SELECT NOT EXISTS (SELECT FROM email WHERE status <> 'sent')"
# Nobody looks for fees: the sandbox's Stripe does not know these payments.
_WITHOUT_FEES = b"UPDATE payment SET fee_due_at = NULL WHERE fee_due_at IS NOT NULL"


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


def compare(peers: Sequence[str], rounds: int, events: int) -> list[Finding]:
    """A burst of so many events a round, by ours and by the inline application in turns."""
    with ExitStack() as stack:
        sink = stack.enter_context(smtp_sink.running())
        running = stack.enter_context(system.running(sink.port))
        with running.app.app_context():
            sessions = unpaid.load(WARM_UP + rounds * events)
        applications = {OURS: stack.enter_context(_ours(running))}
        if INLINE in peers:
            try:
                peer = stack.enter_context(inline.running(running.database_url, sink, sessions))
                applications[INLINE] = peer
            except NotInstalled as error:
                print(f"The inline application is not measured: {error}")
        bursts = _in_turns(applications, sink, list(unpaid.deliveries(sessions)), events)
    return list(_findings(bursts[OURS], bursts.get(INLINE)))


@contextmanager
def _ours(running: System) -> Iterator[Application]:
    pids: dict[str, Callable[[], set[int]]] = {part: partial(running.pids, part) for part in PARTS}
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        pids[DATABASE] = partial(processes.server_of, connection.info.backend_pid)
        yield Application(running.port, "/payment/webhook", connection, pids, _ALL_ARE_SENT)


def _in_turns(
    applications: Mapping[str, Application], sink: Sink, payloads: Sequence[str], events: int
) -> dict[str, list[Burst]]:
    """The bursts of each, after a first one that is not counted."""
    bursts: dict[str, list[Burst]] = {name: [] for name in applications}
    for each in applications.values():
        _burst(each, sink, payloads[:WARM_UP])
    for start in range(WARM_UP, len(payloads), events):
        for name, each in applications.items():
            bursts[name].append(_burst(each, sink, payloads[start : start + events]))
        applications[OURS].connection.execute(_WITHOUT_FEES)
    return bursts


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


def _findings(ours: Sequence[Burst], peer: Sequence[Burst] | None) -> Iterator[Finding]:
    wrongs = [wrong for burst in [*ours, *(peer or [])] for wrong in burst.wrongs]
    for stop in (CONFIRMED, MAILED):
        rates = Series([burst.rate(stop) for burst in ours], "1/s")
        of_peer = Limit(THE_PEER, Series([burst.rate(stop) for burst in peer], "1/s")) if peer else None
        yield Finding("burst", f"{stop} a second", rates, of_peer, AS_FAST if peer else None, wrongs)
        wrongs = []
    if processes.is_counted():
        yield from _work(ours, peer)


def _work(ours: Sequence[Burst], peer: Sequence[Burst] | None) -> Iterator[Finding]:
    of_all = _of_event(ours, *PARTS)
    yield Finding("burst", "processor time of an event", of_all, aim=EVENT_MS)
    if peer:
        yield Finding(
            "burst", f"processor time over {THE_PEER}", of_all, Limit(THE_PEER, _of_event(peer, INLINE))
        )
    for part in PARTS:
        yield Finding("burst", f"processor time of an event, {part}", _of_event(ours, part))
    of_database = Limit(THE_PEER, _of_event(peer, DATABASE)) if peer else None
    yield Finding("burst", f"processor time of an event, {DATABASE}", _of_event(ours, DATABASE), of_database)
    mail = Series([burst.of_event("mailer") / MAILS for burst in ours], "ms")
    yield Finding("burst", "processor time of a mail", mail, aim=MAIL_MS)


def _of_event(bursts: Sequence[Burst], *parts: str) -> Series:
    return Series([burst.of_event(*parts) for burst in bursts], "ms")
