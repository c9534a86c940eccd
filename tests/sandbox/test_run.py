"""`python -m sandbox.run`: what it refuses, what it starts, and that it leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from dotenv import dotenv_values

from sandbox import environment
from sandbox.environment import settings, uses_mailbox
from sandbox.processes import children_of, still_running
from sandbox.servers import servers

ROOT = Path(__file__).parents[2]
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

    def told(self) -> dict[str, str | None]:
        return dotenv_values(self.tree / ".env.run")

    def folder(self) -> Path:
        """Where its servers keep their files."""
        host = parse_qs(urlsplit(self.told()["DATABASE_URL"] or "").query)["host"][0]
        return Path(host).parent

    def end(self) -> str:
        """Wait for its end; gives what it said since."""
        rest, _ = self.process.communicate(timeout=60)
        return rest


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    for name, content in SMALL_TREE.items():
        (tmp_path / name).write_text(content)
    _copy("sandbox", tmp_path)
    return tmp_path


@pytest.fixture
def whole_tree(tmp_path: Path) -> Path:
    """A copy, because a run writes `.env.run`, and because `.env.local` is somebody's own."""
    for name in (
        *("app", "worker", "sandbox", "migrations", "wsgi.py", "celeryconfig.py", "gunicorn.conf.py"),
        *("Procfile", ".env"),
    ):
        _copy(name, tmp_path)
    return tmp_path


def test_every_port_in_use_is_named_with_its_variable_before_anything_starts(whole_tree: Path) -> None:
    with contextlib.ExitStack() as taken:
        ports = [
            taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(4)
        ]
        run = _start(whole_tree, _port_settings(ports))
        said = run.end()

    assert run.process.returncode == 1
    assert [f"- {port} for " in said for port in ports] == [True] * 4
    assert [f"choose another with {variable}=" in said for variable in PORT_VARIABLES] == [True] * 4
    assert "Starting" not in said


def test_a_port_asked_for_twice_or_no_number_is_refused(whole_tree: Path) -> None:
    ports = _port_settings(_free_ports())
    twice = _start(whole_tree, {**ports, "SMTP_PORT": ports["PORT"]}).end()
    word = _start(whole_tree, {**ports, "PORT": "http"}).end()

    assert twice.count("is asked for twice") == 2
    assert "PORT must be a number from 1 to 65535, not 'http'" in word


@pytest.mark.timeout(240)
def test_everything_runs_and_ctrl_c_leaves_nothing(whole_tree: Path) -> None:
    with _started(whole_tree) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        api = f"http://127.0.0.1:{run.ports['PORT']}"

        assert httpx.get(f"{api}/health/ready").status_code == 200
        assert httpx.get(run.ports["SANDBOX_STRIPE_URL"]).status_code == 200
        assert (
            httpx.get(f"http://localhost:{run.ports['SANDBOX_MAILBOX_PORT']}/api/messages").json()["items"]
            == []
        )
        login = {"email": "client@test.com", "password": "password"}
        assert httpx.post(f"{api}/auth/login", json=login).status_code == 200
        run.process.send_signal(signal.SIGINT)
        said = run.end()

    assert said.endswith("Stopped.\n")
    assert run.process.returncode == 0
    assert still_running(everything) == set()
    assert not folder.exists()
    assert not (whole_tree / ".env.run").exists()
    for port in (run.ports["PORT"], run.ports["SMTP_PORT"], run.ports["SANDBOX_MAILBOX_PORT"]):
        socket.create_server(("127.0.0.1", int(port))).close()


def test_a_second_ctrl_c_does_not_wait_for_a_busy_worker(small_tree: Path) -> None:
    with _started(small_tree) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        run.process.send_signal(signal.SIGTERM)
        run.wait_for("Stopping.")
        run.process.send_signal(signal.SIGINT)
        run.end()

    assert run.process.returncode == 0
    assert still_running(everything) == set()
    assert not folder.exists()


def test_a_process_that_ends_by_itself_stops_the_others_and_is_named(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text("import sys\nsys.exit(7)\n")
    with _started(small_tree) as run:
        said = run.end()

    assert run.process.returncode == 1
    assert said.endswith("worker ended by itself (exit code 7), so everything else was stopped.\n")
    assert not (small_tree / ".env.run").exists()


def test_a_failing_release_shows_why_and_starts_nothing_else(small_tree: Path) -> None:
    (small_tree / "Procfile").write_text("release: echo no such table; exit 3\nweb: touch started\n")
    with _started(small_tree) as run:
        said = run.end()

    assert run.process.returncode == 1
    assert "no such table" in said
    assert "failed: exit code 3" in said
    assert not (small_tree / "started").exists()


def test_a_closed_terminal_stops_everything(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text("import threading\nthreading.Event().wait()\n")
    terminal, end_of_run = os.openpty()
    with _started(small_tree, stdout=end_of_run) as run, open(terminal, errors="replace") as screen:
        os.close(end_of_run)
        assert any("Stop     Ctrl-C" in line for line in screen)
        everything, folder = run.everything(), run.folder()
        screen.close()
        run.process.send_signal(signal.SIGHUP)
        run.end()

    assert run.process.returncode == 0
    assert still_running(everything) == set()
    assert not folder.exists()


def test_a_closed_terminal_stops_everything_though_make_keeps_its_signal(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text(
        "import time\nwhile True: print('tick', flush=True); time.sleep(0.2)\n"
    )
    with _started(small_tree) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        assert run.process.stdout
        run.process.stdout.close()
        run.process.wait(timeout=60)

    assert run.process.returncode == 0
    assert still_running(everything) == set()
    assert not folder.exists()


def test_servers_that_the_environment_names_are_used(small_tree: Path) -> None:
    (small_tree / "Procfile").write_text("release: echo $DATABASE_URL $REDIS_URL; exit 1\n")
    with servers({}) as named, _started(small_tree, **named) as run:
        said = run.end()

    assert f"{named['DATABASE_URL']} {named['REDIS_URL']}" in said


def test_named_servers_that_do_not_answer_are_named_before_anything_starts(small_tree: Path) -> None:
    nobody = {"DATABASE_URL": "postgresql://127.0.0.1:1/mine", "REDIS_URL": "redis://127.0.0.1:1/0"}
    with _started(small_tree, **nobody) as run:
        said = run.end()

    assert "- DATABASE_URL: " in said
    assert "- REDIS_URL: " in said
    assert "Starting" not in said


def test_settings_come_from_the_files_and_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / ".env").write_text("PORT=1\nSMTP_PORT=1\nLOG_LEVEL=INFO\nPUBLIC_URL=http://localhost:8000\n")
    (tmp_path / ".env.local").write_text("SMTP_PORT=2\nLOG_LEVEL=DEBUG\n")
    (tmp_path / ".env.run").write_text("DATABASE_URL=left-by-a-run-that-was-killed\n")

    found = settings({"SMTP_PORT": "3", "LOG_LEVEL": ""})

    assert (found["PORT"], found["SMTP_PORT"], found["LOG_LEVEL"]) == ("1", "3", "DEBUG")
    assert "DATABASE_URL" not in found
    assert found["PUBLIC_URL"] == "http://localhost:1"
    assert settings({"PUBLIC_URL": "https://tunnel.example"})["PUBLIC_URL"] == "https://tunnel.example"


@pytest.mark.parametrize(
    ("smtp", "expected"),
    [
        ({"SMTP_HOST": "localhost", "SMTP_PORT": "1025"}, True),
        ({"SMTP_HOST": "localhost", "SMTP_PORT": "25"}, False),
        ({"SMTP_HOST": "localhost", "SMTP_PORT": "1025", "SMTP_USER": "me"}, False),
        ({"SMTP_HOST": "smtp.gmail.com", "SMTP_PORT": "587"}, False),
    ],
)
def test_the_mailbox_is_for_mails_to_this_machine_without_a_login(
    smtp: dict[str, str], expected: bool
) -> None:
    assert uses_mailbox(smtp) is expected


@contextlib.contextmanager
def _started(tree: Path, stdout: int = subprocess.PIPE, **environ: str) -> Iterator[Run]:
    run = _start(tree, {**_port_settings(_free_ports()), **environ}, stdout)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            everything = run.everything()
            run.process.kill()
            for pid in everything:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _start(tree: Path, environ: dict[str, str], stdout: int = subprocess.PIPE) -> Run:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.run"],
        cwd=tree,
        env={**inherited, **environ},
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return Run(process, tree, environ)


def _port_settings(ports: list[int]) -> dict[str, str]:
    values = {variable: str(port) for variable, port in zip(PORT_VARIABLES, ports, strict=True)}
    return {**values, "SANDBOX_STRIPE_URL": f"http://localhost:{values['SANDBOX_STRIPE_URL']}"}


def _free_ports() -> list[int]:
    with contextlib.ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(4)]


def _copy(name: str, tree: Path) -> None:
    source = ROOT / name
    if source.is_dir():
        shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, tree / name)
