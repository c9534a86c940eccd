"""A mail server that takes everything and notes when."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.web import free_port

_ID = re.compile(rb"^Message-ID: <([0-9a-f-]{36})@", re.MULTILINE | re.IGNORECASE)


@dataclass
class Letterbox:
    """When each mail was there, by the id of its row: seconds since 1970."""

    port: int
    arrived: dict[UUID, float] = field(default_factory=dict)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        at, found = time.time(), _ID.search(envelope.original_content or b"")
        if found:
            self.arrived.setdefault(UUID(found[1].decode()), at)
        return "250 2.0.0 OK"


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """On a free port, in a thread of this process."""
    letterbox = Letterbox(free_port())
    controller = Controller(letterbox, hostname="127.0.0.1", port=letterbox.port)
    controller.start()
    try:
        yield letterbox
    finally:
        controller.stop()
