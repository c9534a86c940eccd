"""How fast the webhook takes deliveries, beside a Flask route that does nothing in the same gunicorn."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from redis import Redis

from app.config.settings import Settings
from bench import deliveries, djstripe, processes, wrk
from bench.bare import PREFIX
from bench.environments import NotInstalled
from bench.findings import AtLeast, AtMost, Finding, Limit, Series
from bench.web import Web, running
from bench.wrk import Load

DELIVERIES = 3_000
"""For each second, each another, signed anew for each race: Stripe's signatures are good for five minutes."""
CONNECTIONS = 16
AIM = AtLeast(0.5)
WORK_AIM = AtMost(2)
"""Likewise, and as good on a busy machine."""

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
    hook_work: list[float] = field(default_factory=list)
    bare_work: list[float] = field(default_factory=list)
    """Milliseconds of a processor that a delivery takes."""

    def run(self, web: Web, file: Path, seconds: int) -> None:
        """One round: first the limit, then what is held against it."""
        for path, loads, work in (
            (f"{PREFIX}/webhook", self.bare, self.bare_work),
            ("/payment/webhook", self.hook, self.hook_work),
        ):
            before = processes.busy_seconds(web.pids())
            load = wrk.deliver(file, web.url(path), CONNECTIONS, seconds)
            loads.append(load)
            work.append(1000 * (processes.busy_seconds(web.pids()) - before) / load.requests)
        _forget_jobs(web)

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
            Finding(
                "webhook",
                f"wait, {name}, {workers}",
                Series([wait(load) for load in self.hook], "ms"),
                Limit("a bare Flask route", Series([wait(load) for load in self.bare], "ms")),
            )
            for name, wait in (("median", attrgetter("p50_ms")), ("p99", attrgetter("p99_ms")))
        ]
        return [rate, *self._work(workers), *halves]

    def _work(self, workers: str) -> Iterator[Finding]:
        if processes.is_counted():
            yield Finding(
                "webhook",
                f"processor time of a delivery, {workers}",
                Series(self.hook_work, "ms of a processor"),
                Limit("a bare Flask route", Series(self.bare_work, "ms of a processor")),
                WORK_AIM if workers == OURS else None,
            )


def race(workers: Sequence[str], peers: Sequence[str], rounds: int, seconds: int) -> list[Finding]:
    """All worker classes in turns, each with the webhook and the bare route, and dj-stripe's view."""
    secret = Settings.load().stripe_webhook_secret[0]
    payloads = list(deliveries.paid_sessions(DELIVERIES * seconds))
    races, of_djstripe = {name: Race() for name in workers}, list[Load]()
    with ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "deliveries"
        webs = {name: stack.enter_context(running("bench.beside:app", WORKERS[name])) for name in workers}
        url = _djstripe(stack) if djstripe.NAME in peers else None
        for number in range(rounds):
            for name, web in webs.items():
                deliveries.keep(payloads, secret, file)
                if not number:
                    _warm_up(web, file)
                races[name].run(web, file, seconds)
            if url:
                of_djstripe.append(wrk.deliver(file, url, CONNECTIONS, seconds))
    found = [finding for name, race in races.items() for finding in race.findings(name)]
    if of_djstripe and OURS in races:
        found.append(_over_djstripe(races[OURS].hook, of_djstripe))
    return sorted(found, key=lambda finding: finding.name.startswith("wait"))


def _djstripe(stack: ExitStack) -> str | None:
    """Where its webhook is; None where its packages cannot be had."""
    try:
        return stack.enter_context(djstripe.running())
    except NotInstalled as error:
        print(f"dj-stripe is not measured: {error}")
        return None


def _over_djstripe(hook: Sequence[Load], of_djstripe: Sequence[Load]) -> Finding:
    failed = sum(load.failed for load in of_djstripe)
    rates, limit = ([load.per_second for load in loads] for loads in (hook, of_djstripe))
    return Finding(
        "webhook",
        "deliveries a second over dj-stripe",
        Series(rates, "1/s"),
        Limit("dj-stripe's view", Series(limit, "1/s")),
        wrongs=[f"dj-stripe did not take {failed} deliveries"] * bool(failed),
    )


def _warm_up(web: Web, file: Path) -> None:
    """What the routes load at first is in memory then."""
    for path in (f"{PREFIX}/webhook", "/payment/webhook"):
        wrk.deliver(file, web.url(path), CONNECTIONS, 1)


def _forget_jobs(web: Web) -> None:
    """Nobody works here, and what waits must not fill the broker."""
    with Redis.from_url(web.redis_url) as redis:
        redis.flushdb()
