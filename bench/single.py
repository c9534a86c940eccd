"""What one event costs, and one mail: processor time, and how near it comes to its statements alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench import smtp_sink
from bench.findings import AtLeast, AtMost, Finding, Limit, Series
from sandbox.environment import ROOT, with_programs
from sandbox.servers import servers

OVER_PSYCOPG = AtLeast(0.5)
A_SECOND = AtLeast(120)
MAIL_MS = AtMost(3.5)
WAL_KB = AtMost(8)
LIMIT = "the same statements through psycopg"


def measure(rounds: int, events: int) -> list[Finding]:
    """One after another in one process: with its database backend it uses one processor at most."""
    with servers({}) as found, smtp_sink.running() as sink:
        measured = _run({**found, **sink.variables}, rounds, events)
    return list(_findings(measured))


def _run(variables: Mapping[str, str], rounds: int, events: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.serial", str(rounds), str(events)],
        cwd=ROOT,
        env={**with_programs(os.environ), **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _findings(measured: Mapping[str, Any]) -> Iterator[Finding]:
    event, replay, mail = measured["event"], measured["replay"], _milliseconds(measured["mail"]["processor"])
    rate, limit = _rate(event["wall"]), Limit(LIMIT, _rate(replay["wall"]))
    yield Finding("event", "events a second", rate, limit, OVER_PSYCOPG, measured["wrongs"])
    yield Finding("event", "events a second of a processor", _rate(_sum(event).rounds), aim=A_SECOND)
    both = "processor time of an event and its backend"
    yield Finding("event", both, _sum(event), Limit(LIMIT, _sum(replay)))
    yield Finding("event", "processor time of an event", _milliseconds(event["processor"]))
    yield Finding("event", "statements of an event", Series([measured["statements"]], ""))
    wal = Series([measured["wal_bytes"] / 1024], "KB")
    yield Finding("event", "write-ahead log of an event", wal, aim=WAL_KB)
    yield Finding("event", "processor time of a mail", mail, aim=MAIL_MS)
    bare = Limit("a ready message by smtplib", _milliseconds(measured["smtp"]["processor"]))
    yield Finding("event", "processor time of a mail over bare SMTP", mail, bare)


def _rate(milliseconds: Sequence[float]) -> Series:
    return Series([1000 / each for each in milliseconds], "1/s")


def _sum(cost: Mapping[str, Sequence[float]]) -> Series:
    return _milliseconds([sum(pair) for pair in zip(cost["processor"], cost["backend"], strict=True)])


def _milliseconds(rounds: Sequence[float]) -> Series:
    return Series(rounds, "ms")
