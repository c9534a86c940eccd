"""A whole system of its own, as it runs in production, each part of which can be struck."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx
from honcho.environ import parse_procfile
from redis import Redis
from sqlalchemy import Engine, NullPool, create_engine, text

from sandbox.environment import ROOT, with_programs
from sandbox.postgres import THROWAWAY, Postgres
from sandbox.servers import private_folder
from sandbox.valkey import Valkey
from tests.environment import variables
from tests.faults.process import Part
from tests.people import Sandbox
from tests.waiting import wait_until

REQUEUE_INTERVAL_SECONDS = "1"
SLOW_TO_SEE_DEADLOCKS = {"deadlock_timeout": "2500ms"}
"""Time to make one; less than what a lock is waited for."""
LOOK_SECONDS = 0.2
LINES = {
    "web": ("web", ""),
    "worker-1": ("worker", "--concurrency=1 --hostname=one@%h"),
    "worker-2": ("worker", "--concurrency=1 --hostname=two@%h"),
    "mailer": ("mailer", ""),
    "beat": ("beat", ""),
}
"""What runs, by which line of the Procfile, and with what besides."""


@dataclass
class System:
    postgres: Postgres
    valkey: Valkey
    sandbox: Sandbox
    parts: dict[str, Part]
    database: Engine
    """Looks at the rows; everything else goes in through the door."""
    environ: dict[str, str]
    folder: Path
    revived: Counter[str] = field(default_factory=Counter)
    """How often a part had ended by itself, or by our blow, and was started again."""
    mailer_died: datetime | None = None
    database_died: datetime | None = None
    in_flight: set[UUID] = field(default_factory=set)
    """Mails that were on their way when something was killed: each may come twice."""
    refused: set[str] = field(default_factory=set)
    """Addresses that the mail server refuses for good."""

    @property
    def web(self) -> Part:
        return self.parts["web"]

    @property
    def workers(self) -> list[Part]:
        return [self.parts["worker-1"], self.parts["worker-2"]]

    @property
    def mailer(self) -> Part:
        return self.parts["mailer"]

    @property
    def beat(self) -> Part:
        return self.parts["beat"]

    @property
    def url(self) -> str:
        return self.environ["PUBLIC_URL"]

    def broker(self) -> Redis:
        return Redis.from_url(self.valkey.url, socket_timeout=5, socket_connect_timeout=5)

    def count(self, query: str) -> int:
        with self.database.connect() as rows:
            return int(rows.scalar(text(query)) or 0)

    def mails_in_flight(self) -> set[UUID]:
        with self.database.connect() as rows:
            return set(rows.scalars(text("SELECT id FROM email WHERE status = 'sending'")))

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def times_logged(self, part: str, words: str) -> int:
        return self.parts[part].log.read_text(errors="replace").count(words)

    def read_logs(self) -> str:
        logs = {name: part.log for name, part in self.parts.items()}
        return "\n".join(
            f"--- {name}\n{log.read_text(errors='replace')[-20000:]}" for name, log in logs.items()
        )


@contextmanager
def running(folder: Path) -> Iterator[System]:
    """A system at work; all of it has ended afterwards."""
    with ExitStack() as stack:
        servers = stack.enter_context(private_folder())
        valkey = stack.enter_context(Valkey(servers / "valkey"))
        postgres = Postgres(servers / "postgres", {**THROWAWAY, **SLOW_TO_SEE_DEADLOCKS})
        values = variables(postgres.url, valkey.url)
        values |= {"REQUEUE_INTERVAL_SECONDS": REQUEUE_INTERVAL_SECONDS, "TMPDIR": str(folder)}
        environ = with_programs({**os.environ, **values})
        sandbox = stack.enter_context(_stand_ins(environ, folder))
        stack.enter_context(postgres)
        subprocess.run(["flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=environ, check=True)
        parts = _parts(environ, folder)
        database = create_engine(
            postgres.url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool
        )
        system = System(postgres, valkey, sandbox, parts, database, environ, folder)
        stack.enter_context(_kept_up(system))
        wait_until(lambda: sandbox.answers() and system.is_ready(), timeout=120)
        yield system


def _parts(environ: dict[str, str], folder: Path) -> dict[str, Part]:
    procfile: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    return {
        name: Part(name, f"{procfile[line]} {more}", environ, folder / f"{name}.log")
        for name, (line, more) in LINES.items()
    }


@contextmanager
def _stand_ins(environ: dict[str, str], folder: Path) -> Iterator[Sandbox]:
    """The fake Stripe and the mailbox: the world outside, which is not ours to kill."""
    running = []
    for program in ("stripe", "mailbox"):
        with (folder / f"{program}.log").open("wb") as log:
            command = [sys.executable, "-m", f"sandbox.{program}"]
            running.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
                )
            )
    try:
        mailbox = f"http://127.0.0.1:{environ['SANDBOX_MAILBOX_PORT']}"
        with Sandbox(environ["SANDBOX_STRIPE_URL"], mailbox) as sandbox:
            yield sandbox
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


@contextmanager
def _kept_up(system: System) -> Iterator[None]:
    """Start all parts, and start again whichever ends: a platform does, and our Procfile counts on it."""
    for part in system.parts.values():
        part.start()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            for name, part in system.parts.items():
                system.revived[name] += part.revive()

    watching = threading.Thread(target=watch, name="platform")
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        for part in system.parts.values():
            part.kill()
        system.database.dispose()
