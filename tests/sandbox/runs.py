"""Runs of `python -m sandbox.run` in trees of their own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from dotenv import dotenv_values

from sandbox.process_table import children_of
from tests.ports import free_ports
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
RUN = (sys.executable, "-m", "sandbox.run")
PORT_VARIABLES = ("PORT", "SANDBOX_STRIPE_URL", "SMTP_PORT", "SANDBOX_MAILBOX_PORT")

# A tree that starts in a second: the same run, with a web that is always ready and a worker that never ends.
SMALL_TREE = {
    "Procfile": "release: true\nweb: python web.py\nworker: python worker.py\n",
    ".env": "FLASK_APP=web.py\nSTRIPE_SECRET_KEY=sk_test_mine\nSMTP_HOST=mail.example\nSMTP_PORT=587\n"
    "SANDBOX_STRIPE_URL=\nSANDBOX_MAILBOX_PORT=8025\n",
    "web.py": """
import os
from flask import Flask
app = Flask(__name__)
app.cli.command("demo")(lambda: None)
app.get("/health/ready")(lambda: "ready")
if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
""",
    "worker.py": """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("busy", flush=True)
threading.Event().wait()
""",
}


@dataclass
class Run:
    """A run in a tree of its own, and everything it started."""

    process: "subprocess.Popen[str]"
    tree: Path
    ports: dict[str, str]
    output: list[str] = field(default_factory=list)

    def wait_for(self, words: str) -> None:
        """Read its output until the words come."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output.append(line)
            if words in line:
                return
        pytest.fail("".join(["It ended before it said ", words, ":\n", *self.output]))

    def everything(self) -> set[int]:
        """It and all that descends from it."""
        found, fresh = set(), {self.process.pid}
        while fresh:
            found |= fresh
            fresh = {child for parent in fresh for child in children_of(parent)} - found
        return found

    def settings(self) -> dict[str, str | None]:
        return dotenv_values(self.tree / ".env.run")

    def folder(self) -> Path:
        """Where its servers keep their files."""
        host = parse_qs(urlsplit(self.settings()["DATABASE_URL"] or "").query)["host"][0]
        return Path(host).parent

    def end(self) -> str:
        """Wait for its end; gives what it said since."""
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return rest


def small_tree_in(folder: Path) -> Path:
    """A tree that starts in a second."""
    for name, content in SMALL_TREE.items():
        (folder / name).write_text(content)
    copy("sandbox", folder)
    return folder


def whole_tree_in(folder: Path) -> Path:
    """A copy, because a run writes `.env.run`, and because `.env.local` is somebody's own."""
    for name in (
        *("app", "worker", "sandbox", "migrations", "wsgi.py", "celeryconfig.py", "gunicorn.conf.py"),
        *("Procfile", ".env"),
    ):
        copy(name, folder)
    return folder


@contextlib.contextmanager
def started(
    tree: Path, stdout: int = subprocess.PIPE, command: Sequence[str] = RUN, **environ: str
) -> Iterator[Run]:
    run = start(tree, {**port_settings(free_ports(len(PORT_VARIABLES))), **environ}, stdout, command)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            everything = run.everything()
            run.process.kill()
            for pid in everything:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def start(
    tree: Path, environ: dict[str, str], stdout: int = subprocess.PIPE, command: Sequence[str] = RUN
) -> Run:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    process = subprocess.Popen(
        command,
        cwd=tree,
        env={**inherited, **environ},
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return Run(process, tree, environ)


def port_settings(ports: list[int]) -> dict[str, str]:
    values = {variable: str(port) for variable, port in zip(PORT_VARIABLES, ports, strict=True)}
    return {**values, "SANDBOX_STRIPE_URL": f"http://localhost:{values['SANDBOX_STRIPE_URL']}"}


def copy(name: str, tree: Path) -> None:
    source = ROOT / name
    if source.is_dir():
        shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, tree / name)
