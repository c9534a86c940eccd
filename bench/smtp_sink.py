"""A mail server in a process of its own that accepts every mail, keeps none, and counts them."""

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.web import free_port

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Sink:
    """Where it is."""

    port: int
    _count: Any

    @property
    def count(self) -> int:
        """How many mails it has accepted."""
        return int(self._count.value)

    @property
    def variables(self) -> Mapping[str, str]:
        """The settings of an application that sends its mails here."""
        return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port)}


class Counting:
    """What aiosmtpd calls for each mail."""

    def __init__(self, count: Any) -> None:
        self._count = count

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self._count.value += 1
        return "250 OK"


@contextmanager
def running() -> Iterator[Sink]:
    """Start it on a free port; its process has ended afterwards."""
    sink = Sink(free_port(), _SPAWN.RawValue("i", 0))
    ready = _SPAWN.Event()
    process = _SPAWN.Process(target=_serve, args=(sink.port, sink._count, ready), daemon=True)
    process.start()
    try:
        ready.wait()
        yield sink
    finally:
        process.kill()
        process.join()


def _serve(port: int, count: Any, ready: Any) -> None:
    asyncio.run(_listen(port, count, ready))


async def _listen(port: int, count: Any, ready: Any) -> None:
    handler = Counting(count)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", port)
    async with server:
        ready.set()
        await server.serve_forever()
