"""How fast the webhook takes deliveries, beside a Flask route that does nothing in the same gunicorn."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from app.config import Settings
from bench import deliveries, wrk
from bench.bare import PREFIX
from bench.findings import AtLeast, Finding, Limit, Series
from bench.web import Web, running
from bench.wrk import Load

DELIVERIES = 10_000
"""Each another; none is older than five minutes before the end, as Stripe's signatures allow."""
CONNECTIONS = 16
AIM = AtLeast(0.5)

OURS = "ours"
WORKERS: Mapping[str, str] = {
    OURS: "",  # as in gunicorn.conf.py: threads
    "sync": "--worker-class sync --threads 1",
    "one thread": "--threads 1",
    "gevent": "--worker-class gevent",
    "tornado": "--worker-class tornado",
}
"""Gunicorn's arguments for each of its worker classes."""


@dataclass
class Race:
    """The webhook and the bare route under the same workers, round by round."""

    hook: list[Load] = field(default_factory=list)
    bare: list[Load] = field(default_factory=list)

    def findings(self, workers: str) -> list[Finding]:
        failed = sum(load.failed for load in [*self.hook, *self.bare])
        wrongs = [f"{failed} deliveries were not taken"] * bool(failed)
        rate = Finding(
            "webhook",
            f"deliveries a second, {workers}",
            Series([load.per_second for load in self.hook], "1/s"),
            Limit("a bare Flask route", Series([load.per_second for load in self.bare], "1/s")),
            AIM if workers == OURS else None,
            wrongs,
        )
        halves = [
            Finding("webhook", f"wait, {name}, {workers}", Series(waits, "ms"))
            for name, waits in (
                ("median", [load.p50_ms for load in self.hook]),
                ("p99", [load.p99_ms for load in self.hook]),
            )
        ]
        return [rate, *halves]


def race(workers: Sequence[str], rounds: int, seconds: int) -> list[Finding]:
    """Each worker class in turn, and the webhook and the bare route in turns under it."""
    secret = Settings.load().stripe_webhook_secret[0]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deliveries"
        for name in workers:
            deliveries.keep(deliveries.paid_sessions(DELIVERIES), secret, file)
            found += _raced(file, WORKERS[name], rounds, seconds).findings(name)
    return sorted(found, key=lambda finding: finding.judged.unit)


def _raced(file: Path, arguments: str, rounds: int, seconds: int) -> Race:
    race = Race()
    with running("bench.beside:app", arguments) as web:
        for path in (f"{PREFIX}/webhook", "/payment/webhook"):  # what they load at first is in memory then
            wrk.deliver(file, web.url(path), CONNECTIONS, 1)
        for _ in range(rounds):
            race.bare.append(wrk.deliver(file, web.url(f"{PREFIX}/webhook"), CONNECTIONS, seconds))
            race.hook.append(wrk.deliver(file, web.url("/payment/webhook"), CONNECTIONS, seconds))
            _forget_jobs(web)
    return race


def _forget_jobs(web: Web) -> None:
    """Nobody works here, and what waits must not fill the broker."""
    with Redis.from_url(web.redis_url) as redis:
        redis.flushdb()
