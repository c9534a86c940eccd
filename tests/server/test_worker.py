"""The web server's own worker, in a process of its own: its module is the server's configuration."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from app.server.connection import BufferedUnreader
from tests.programs import Programs

A_WORKER = """
import runpy, selectors, socket
from gunicorn.config import Config
module = runpy.run_path("gunicorn.conf.py")
from app.server import worker as server_worker
listener = socket.create_server(("127.0.0.1", 0))
worker = module["Worker"](1, 0, [listener], None, 30, Config(), None)
worker.poller = selectors.DefaultSelector()
worker.set_accept_enabled(True)
clients = []

def one_more():
    clients.append(socket.create_connection(listener.getsockname()))

"""
ENDS_WHEN_FULL = """
worker.alive = False
for enabled in (False, True, False):
    worker.set_accept_enabled(enabled)
print(listener.fileno())
module["on_exit"](None)
"""
MAKES_ROOM = """
server_worker.READ_SIZE, server_worker.MAX_BUFFERED = 1000, 4500
head = b"POST / HTTP/1.1\\r\\nContent-Length: 5000\\r\\n\\r\\n"
for then in ([10], [10, 2000], [10, 2000, 1500], [10, 1500, 1000]):
    one_more()
    clients[-1].sendall(head + b"x" * then[-1])
    while [len(conn.buffer.received) - len(head) for conn in worker.pending_conns] != then:
        worker.wait_for_and_dispatch_events(1)
        worker.murder_pending()
print(worker.nr_conns, clients[1].recv(1) or "gone")
module["on_exit"](None)
"""
LETS_THE_SILENT_GO = """
worker.worker_connections = 4
for _ in range(2):
    one_more()
    worker.wait_for_and_dispatch_events(1)
answered = worker.pending_conns.pop()
answered.set_timeout()
worker.keepalived_conns.append(answered)
for silent_for in (0, 10):
    answered.timeout -= silent_for
    one_more()
    worker.wait_for_and_dispatch_events(1)
    worker.murder_pending()
    print(len(worker.keepalived_conns), len(worker.pending_conns))
module["on_exit"](None)
"""
USES = """
import ast
from pathlib import Path
one_more()
worker.wait_for_and_dispatch_events(1)
(conn,) = worker.pending_conns

def owners(kind):
    this = {"Worker": worker, "Connection": conn, "BufferedUnreader": conn.parser.unreader}[kind.name]
    return {"self": this, "conn": conn, "each": conn}

for file in ("worker", "connection"):
    for kind in ast.parse(Path(f"app/server/{file}.py").read_text()).body:
        if not isinstance(kind, ast.ClassDef):
            continue
        found = owners(kind)
        for use in ast.walk(kind):
            if isinstance(use, ast.Attribute) and isinstance(use.value, ast.Name) and use.value.id in found:
                print(hasattr(found[use.value.id], use.attr), kind.name, use.value.id, use.attr)
module["on_exit"](None)
"""
LINGERS = """
one_more()
worker.wait_for_and_dispatch_events(1)
answered = worker.pending_conns.popleft()
worker.poller.unregister(answered.sock)
worker.nr_conns -= 1
answered.close(graceful=True)
print(worker.nr_conns, len(worker.lingering), clients[0].recv(1))
clients[0].sendall(b"the rest of a request that was refused")
worker.wait_for_and_dispatch_events(1)
print(worker.nr_conns, len(worker.lingering))
clients[0].close()
worker.wait_for_and_dispatch_events(1)
print(worker.nr_conns, len(worker.lingering))
module["on_exit"](None)
"""


@pytest.mark.parametrize("module", ["wsgi", "worker"])
def test_what_is_loaded_at_the_start_is_not_looked_through_for_garbage(
    environment: dict[str, str], programs: Programs, module: str
) -> None:
    source = f"import gc, {module}; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"

    assert programs.run(source, environment).stdout.split() == ["True", "True"]


def test_a_full_worker_that_stops_closes_its_listener_once(
    environment: dict[str, str], tmp_path: Path, programs: Programs
) -> None:
    ended = runs(programs, ENDS_WHEN_FULL, environment, tmp_path)

    assert (ended.returncode, ended.stdout.split()) == (0, ["-1"]), ended.stderr


def test_who_sent_most_of_a_request_goes_when_there_is_no_more_room(
    environment: dict[str, str], tmp_path: Path, programs: Programs
) -> None:
    ended = runs(programs, MAKES_ROOM, environment, tmp_path)

    assert (ended.returncode, ended.stdout) == (0, "3 gone\n"), ended.stderr


def test_who_is_silent_for_longest_makes_room_whether_they_were_answered_before_or_not(
    environment: dict[str, str], tmp_path: Path, programs: Programs
) -> None:
    ended = runs(programs, LETS_THE_SILENT_GO, environment, tmp_path)

    assert (ended.returncode, ended.stdout.splitlines()) == (0, ["1 1", "0 2"]), ended.stderr


def test_the_worker_uses_nothing_that_does_not_exist(
    environment: dict[str, str], tmp_path: Path, programs: Programs
) -> None:
    """gunicorn's classes have no types, so mypy believes every attribute of their subclasses."""
    ended = runs(programs, USES, environment, tmp_path)

    assert ended.returncode == 0, ended.stderr
    uses = ended.stdout.splitlines()
    assert "True Worker self linger" in uses
    assert [use for use in uses if not use.startswith("True ")] == []


def test_a_connection_that_is_over_is_read_until_the_client_hangs_up(
    environment: dict[str, str], tmp_path: Path, programs: Programs
) -> None:
    """Were it closed at once, what the client still sends would reset it, and the answer could be lost."""
    ended = runs(programs, LINGERS, environment, tmp_path)

    assert (ended.returncode, ended.stdout.splitlines()) == (0, ["1 1 b''", "1 1", "0 0"]), ended.stderr


def test_a_server_is_given_what_arrived_a_piece_at_a_time() -> None:
    """With each chunk it copies what it has in hand: a megabyte of small ones would take it ten seconds."""
    near, far = socket.socketpair()
    with near, far:
        reader = BufferedUnreader(near)
        reader.arrived = memoryview(b"x" * 100_000)

        pieces = [len(reader.read()), len(reader.read(10)), len(reader.take_buffered())]
        far.sendall(b"and more")

        assert pieces == [8192, 10, 100_000 - 8192 - 10]
        assert reader.read() == b"", "what has not arrived holds no thread"


def runs(
    programs: Programs, program: str, environment: dict[str, str], tmp_path: Path
) -> "subprocess.CompletedProcess[str]":
    return programs.run(A_WORKER + program, {**os.environ, **environment, "TMPDIR": str(tmp_path)})
