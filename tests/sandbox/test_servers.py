"""The embedded servers: they keep what they should, and leave nothing behind."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from sandbox import postgres
from sandbox.postgres import Postgres
from sandbox.process_table import children_of, still_running
from sandbox.processes import ServerError
from sandbox.servers import private_folder, servers
from sandbox.valkey import PERSISTENT, Valkey

ROOT = Path(__file__).parents[2]
PACKAGES = sysconfig.get_path("purelib")

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    with private_folder() as made:
        yield made


def test_postgres_keeps_its_data_over_a_restart_and_over_a_kill(folder: Path) -> None:
    with Postgres(folder / "postgres") as server:
        _write(server.url, "first")
        server.restart()
        _write(server.url, "second")
        server.kill()
        server.start()
        _write(server.url, "third")

        assert _notes(server.url) == ["first", "second", "third"]


def test_a_killed_postgres_takes_its_children_and_their_connections_with_it(folder: Path) -> None:
    with Postgres(folder / "postgres") as server, psycopg.connect(server.url) as connection:
        assert server.pid
        family = {server.pid, *children_of(server.pid)}
        assert connection.info.backend_pid in family

        server.kill()

        assert still_running(family) == set()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_stopped_postgres_leaves_no_process_though_a_client_is_connected(folder: Path) -> None:
    with Postgres(folder / "postgres") as server, psycopg.connect(server.url):
        assert server.pid
        family = {server.pid, *children_of(server.pid)}

        server.stop()

        assert server.pid is None
        assert still_running(family) == set()


def test_postgres_speaks_utf8_and_utc_whatever_the_machine_speaks(folder: Path) -> None:
    with Postgres(folder / "postgres") as server, psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT lower('ÄŻ'), current_setting('timezone')").fetchone()

        assert row == ("äż", "UTC")


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    with pytest.raises(ServerError, match="no_such_setting"):
        Postgres(folder / "postgres", settings={"no_such_setting": "on"}).start()
    with pytest.raises(ServerError, match="no-such-setting"):
        Valkey(folder / "valkey", settings={"no-such-setting": "on"}).start()


def test_a_folder_too_deep_for_a_socket_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(ServerError, match="too long a path"):
        Postgres(folder / ("deep" * 30))


@only_as_root
def test_as_root_postgres_runs_as_nobody(folder: Path) -> None:
    with Postgres(folder / "postgres") as server:
        assert (server.folder / "data").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert (server.folder / "data" / "postmaster.pid").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@only_as_root
def test_as_root_postgres_runs_though_nobody_cannot_reach_the_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for beside in postgres.WHEEL.parent.glob(f"{postgres.WHEEL.name}*"):
        (closed / beside.name).symlink_to(beside)
    monkeypatch.setattr(postgres, "WHEEL", closed / postgres.WHEEL.name)

    with Postgres(folder / "postgres") as server:
        _write(server.url, "reached")

        assert _notes(server.url) == ["reached"]


@only_as_root
def test_an_ordinary_user_can_start_both() -> None:
    python = _python_that_nobody_can_run()
    script = "from sandbox.servers import servers\nwith servers({}) as found:\n    print(*sorted(found))\n"

    done = _as_nobody([python, "-B", "-c", script])

    assert (done.stdout, done.returncode) == ("DATABASE_URL REDIS_URL\n", 0), done.stderr


def test_valkey_comes_back_on_its_port_and_forgets(folder: Path) -> None:
    with Valkey(folder / "valkey") as server:
        address = server.url
        _client(address).set("queued", "1")
        server.restart()

        assert server.url == address
        assert _client(address).get("queued") is None


def test_a_persistent_valkey_remembers_over_a_restart(folder: Path) -> None:
    with Valkey(folder / "valkey", PERSISTENT) as server:
        _client(server.url).set("queued", "1")
        server.restart()

        assert _client(server.url).get("queued") == b"1"


def test_a_killed_valkey_is_gone_and_can_be_started_again(folder: Path) -> None:
    with Valkey(folder / "valkey") as server:
        assert server.pid
        before = server.pid

        server.kill()

        assert still_running({before}) == set()
        with pytest.raises(redis.ConnectionError):
            _client(server.url).ping()
        server.start()
        assert _client(server.url).ping()


def test_servers_gives_the_addresses_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    with servers({}) as found:
        assert _client(found["REDIS_URL"]).ping()
        with psycopg.connect(found["DATABASE_URL"]) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        data = Path(str(row[0]))
        assert data.exists()

    assert not data.parents[1].exists()


def test_servers_starts_nothing_that_the_environment_names() -> None:
    with servers(
        {"DATABASE_URL": "postgresql://db.example/x", "REDIS_URL": "redis://cache.example"}
    ) as found:
        assert found == {}


def _write(url: str, note: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (id serial, body text)")
        connection.execute("INSERT INTO note (body) VALUES (%s)", [note])


def _notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM note ORDER BY id")]


def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=2)


def _python_that_nobody_can_run() -> str:
    """This Python, or the system's of the same version when this one stands in somebody's closed home."""
    system = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path=os.defpath)
    for python in filter(None, (sys.executable, system)):
        with contextlib.suppress(PermissionError, subprocess.CalledProcessError):
            _as_nobody([python, "-c", "import redis, psycopg"]).check_returncode()
            return python
    pytest.skip("no Python and packages here that an ordinary user can reach")


def _as_nobody(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": PACKAGES},
        user="nobody",
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
