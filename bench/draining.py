"""How many rows a second each sweep drains by one worker, and payments that a reconciliation compares."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any

from bench.findings import AtLeast, AtMost, Finding, Series
from bench.web import free_port, migrated, wait_until_ready
from sandbox.environment import ROOT, with_programs
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

A_SECOND = 200
"""Payments a second that the business has."""
PAYMENTS_OF_A_ROW = 12
"""So many payments are compared for each row that the others drain."""
LATENCY = 0.3
"""Seconds that Stripe takes for a page."""
READS_A_SECOND = 60
"""The budget, of the 100 that a live key allows: the machine is the limit then."""
STRIPE = "payments at Stripe"
RATE = AtLeast(1_000)
COMPARED = AtLeast(A_SECOND)
READS = AtMost(0.1)
LIMITED = {"due reminders", "expired holds", "dispute deadlines"}
"""Sweeps whose rows each have a transaction, with locks of people, or a rendered mail."""


def measure(rounds: int, rows: int) -> list[Finding]:
    """Drain so many rows of each kind, round by round, in a process of its own."""
    count, port = PAYMENTS_OF_A_ROW * rows, free_port()
    since = int(time.time()) - 3600
    stripe = f"{sys.executable} -m bench.stripe_lists {port} {since} {count} {A_SECOND} {LATENCY}"
    with servers({}) as found, Supervisor(hurry=lambda: True) as foreman:
        migrated(found)
        foreman.start({"stripe": stripe}, {**with_programs(os.environ), "PYTHONPATH": str(ROOT)})
        wait_until_ready(f"http://127.0.0.1:{port}/asked", foreman)
        addresses = {
            "SANDBOX_STRIPE_URL": f"http://127.0.0.1:{port}",
            "STRIPE_READS_PER_SECOND": str(READS_A_SECOND),
            "OPS_EMAIL": "ops@example.com",
        }
        arguments = [str(each) for each in (rounds, rows, since, count, A_SECOND)]
        taken = _drained({**found, **addresses}, arguments)
        reads = _asked(port)
    return list(_findings(taken, rows, count, reads))


def _drained(variables: Mapping[str, str], arguments: list[str]) -> dict[str, list[dict[str, float]]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.drained", *arguments],
        cwd=ROOT,
        env={**with_programs(os.environ), **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    taken: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return taken


def _asked(port: int) -> int:
    """How many lists were read."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/asked")
    return int(connection.getresponse().read())


def _findings(
    taken: Mapping[str, list[dict[str, float]]], rows: int, payments: int, reads: int
) -> Iterator[Finding]:
    for kind, rounds in taken.items():
        count, aim = (payments, COMPARED) if kind == STRIPE else (rows, None if kind in LIMITED else RATE)
        clock = Series([count / each["clock"] for each in rounds], "1/s")
        processor = Series([count / each["processor"] for each in rounds], "1/s")
        yield Finding("sweeps", kind, clock, aim=aim)
        yield Finding("sweeps", f"{kind}: a second of its processor", processor)
    yield Finding("sweeps", "reads of Stripe for a payment", Series([reads / payments], ""), aim=READS)
