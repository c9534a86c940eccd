"""`python -m sandbox.run`: what it refuses, what it starts, and that it leaves nothing behind."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from sandbox import environment
from sandbox.environment import settings, uses_mailbox
from sandbox.process_table import still_running
from sandbox.servers import servers
from tests.ports import free_ports
from tests.sandbox.runs import PORT_VARIABLES, port_settings, start, started
from tests.waiting import PATIENCE


def test_every_port_in_use_is_named_with_its_variable_before_anything_starts(whole_tree: Path) -> None:
    with contextlib.ExitStack() as taken:
        ports = [
            taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(4)
        ]
        run = start(whole_tree, port_settings(ports))
        said = run.end()

    assert run.process.returncode == 1
    assert [f"- {port} for " in said for port in ports] == [True] * 4
    assert [f"choose another with {variable}=" in said for variable in PORT_VARIABLES] == [True] * 4
    assert "Starting" not in said


def test_a_port_asked_for_twice_or_no_number_is_refused(whole_tree: Path) -> None:
    ports = port_settings(free_ports(len(PORT_VARIABLES)))
    twice = start(whole_tree, {**ports, "SMTP_PORT": ports["PORT"]}).end()
    word = start(whole_tree, {**ports, "PORT": "http"}).end()

    assert twice.count("is asked for twice") == 2
    assert "PORT must be a number from 1 to 65535, not 'http'" in word


def test_everything_runs_and_ctrl_c_leaves_nothing(whole_tree: Path) -> None:
    with started(whole_tree) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        api = f"http://127.0.0.1:{run.ports['PORT']}"

        assert httpx.get(f"{api}/health/ready", timeout=PATIENCE).status_code == 200
        assert httpx.get(run.ports["SANDBOX_STRIPE_URL"], timeout=PATIENCE).status_code == 200
        assert (
            httpx.get(f"http://localhost:{run.ports['SANDBOX_MAILBOX_PORT']}/api/messages").json()["items"]
            == []
        )
        login = {"email": "client@test.com", "password": "password"}
        assert httpx.post(f"{api}/auth/login", json=login, timeout=PATIENCE).status_code == 200
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
    with started(small_tree) as run:
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
    with started(small_tree) as run:
        said = run.end()

    assert run.process.returncode == 1
    assert said.endswith("worker ended by itself (exit code 7), so everything else was stopped.\n")
    assert not (small_tree / ".env.run").exists()


def test_a_failing_release_shows_why_and_starts_nothing_else(small_tree: Path) -> None:
    (small_tree / "Procfile").write_text("release: echo no such table; exit 3\nweb: touch started\n")
    with started(small_tree) as run:
        said = run.end()

    assert run.process.returncode == 1
    assert "no such table" in said
    assert "failed: exit code 3" in said
    assert not (small_tree / "started").exists()


def test_a_closed_terminal_stops_everything(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text("import threading\nthreading.Event().wait()\n")
    terminal, end_of_run = os.openpty()
    with started(small_tree, stdout=end_of_run) as run, open(terminal, errors="replace") as screen:
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
    with started(small_tree) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        assert run.process.stdout
        run.process.stdout.close()
        run.process.wait(timeout=PATIENCE)

    assert run.process.returncode == 0
    assert still_running(everything) == set()
    assert not folder.exists()


def test_servers_that_the_environment_names_are_used(small_tree: Path) -> None:
    (small_tree / "Procfile").write_text("release: echo $DATABASE_URL $REDIS_URL; exit 1\n")
    with servers({}) as named, started(small_tree, **named) as run:
        said = run.end()

    assert f"{named['DATABASE_URL']} {named['REDIS_URL']}" in said


def test_named_servers_that_do_not_answer_are_named_before_anything_starts(small_tree: Path) -> None:
    nobody = {"DATABASE_URL": "postgresql://127.0.0.1:1/mine", "REDIS_URL": "redis://127.0.0.1:1/0"}
    with started(small_tree, **nobody) as run:
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
