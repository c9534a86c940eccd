"""`make bench`: how fast all is, held against limits that are measured in the same run."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from bench import (
    burst,
    crowd,
    djstripe,
    draining,
    footprint,
    growth,
    inline,
    journey,
    logins,
    report,
    rows,
    single,
    webhook,
    workers,
)
from bench.findings import Finding
from bench.kept import RESULTS
from bench.people import Business
from sandbox.environment import ROOT

Wish = argparse.Namespace
PEERS = [inline.NAME, djstripe.NAME]
QUICK = {"rounds": 2, "seconds": 2, "events": 100, "workers": [webhook.OURS]}
"""For a look before and after a change: a benchmark of its own then takes a minute."""
BENCHES: Mapping[str, Callable[[Wish], list[Finding]]] = {
    "event": lambda wish: single.measure(wish.rounds, wish.events),
    "burst": lambda wish: burst.compare(wish.peers, wish.rounds, wish.events),
    "webhook": lambda wish: webhook.race(wish.workers, wish.peers, wish.rounds, wish.seconds),
    "workers": lambda wish: workers.race(wish.rounds, wish.events),
    "journey": lambda wish: journey.travel(wish.rounds, wish.payments, wish.seconds, wish.results),
    "rows": lambda wish: rows.measure(wish.rounds, rows.PAYMENTS),
    "growth": lambda wish: growth.compare(
        [Business(size) for size in wish.sizes], growth.Effort(wish.rounds, wish.people), wish.results
    ),
    "sweeps": lambda wish: draining.measure(wish.rounds, wish.events),
    "crowd": lambda wish: crowd.gather(wish.clients, wish.results),
    "logins": lambda wish: logins.compare(wish.rounds, wish.seconds),
    "footprint": lambda wish: footprint.measure(wish.rounds, wish.requests),
}


def main() -> int:
    """0 when every aim is met; else those missed are named."""
    wish = _wish()
    os.environ.update(_environment())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers are ended on the way
    findings = [finding for name in wish.what or BENCHES for finding in BENCHES[name](wish)]
    report.tell(findings, wish.results)
    print(f"\nThis machine's load average was {os.getloadavg()[0]:.1f}, on {os.cpu_count()} processors.")
    missed = [miss for finding in findings for miss in finding.misses]
    print("\n".join(f"missed: {each}" for each in missed) or "Every aim is met.")
    return bool(missed)


def _environment() -> dict[str, str]:
    """What `.env` says; nobody's `.env.local` is read, and no server of somebody's is used."""
    defaults = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
    unused = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return {**defaults, **unused, "APP_ENV": "test", "LOG_LEVEL": "WARNING"}


def _wish() -> Wish:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[[], *BENCHES], help="all of them unless told")
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--rounds", type=int, default=5, help="how often all is measured")
    parser.add_argument("--seconds", type=int, default=5, help="how long one measurement of a rate takes")
    parser.add_argument(
        "--workers", nargs="*", choices=webhook.WORKERS, default=[*webhook.WORKERS], help="of the web"
    )
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=PEERS, help="applications run beside ours"
    )
    parser.add_argument("--events", type=int, default=400, help="how many are applied in a round")
    parser.add_argument("--sizes", type=_sizes, default=growth.SIZES, help="bookings, such as 10000,100000")
    parser.add_argument("--people", type=int, default=growth.Effort.people, help="how many ask in a round")
    parser.add_argument("--payments", type=int, default=journey.PAYMENTS, help="one by one in a round")
    parser.add_argument("--requests", type=int, default=footprint.REQUESTS, help="before memory is compared")
    parser.add_argument("--clients", type=int, default=crowd.LARGER_CROWD, help="how many want the same time")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder for figures and plans")
    wish = parser.parse_args()
    if wish.quick:
        vars(wish).update(QUICK)
    return wish


def _sizes(text: str) -> list[int]:
    return sorted(int(part.replace("_", "")) for part in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
