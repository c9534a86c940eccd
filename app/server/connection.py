"""A client's connection, and what has arrived of its next request."""

import socket
from collections.abc import Callable
from typing import Any

from gunicorn import http, util
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader, SocketUnreader
from gunicorn.workers.gthread import TConn

from app.server.request_buffer import RequestBuffer

MAX_BODY = 512 * 1024
"""Bytes of a body, as MAX_CONTENT_LENGTH. The application refuses a longer one, whose rest is not read."""
SEND_BUFFER = 1024 * 1024
"""Bytes of an answer that the system takes, if it can, however slowly the client reads."""


class BufferedUnreader(SocketUnreader):
    """Gives gunicorn what has arrived in pieces, because with each chunk it copies all that it was given.

    After that it gives nothing. A request that breaks off is refused, and no thread waits for the rest.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.arrived = memoryview(b"")

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(size_hint or 0, self.mxchunk)
        piece, self.arrived = self.arrived[:size], self.arrived[size:]
        return bytes(piece)

    def take_buffered(self) -> bytes:
        rest, self.arrived = bytes(self.arrived), memoryview(b"")
        return bytes(super().take_buffered()) + rest


class Connection(TConn):
    def __init__(
        self,
        cfg: Config,
        sock: socket.socket,
        client: Any,
        server: Any,
        linger: Callable[["Connection"], None],
    ) -> None:
        super().__init__(cfg, sock, client, server)
        self._linger = linger
        self.expect_request()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader = BufferedUnreader(self.sock)

    def expect_request(self) -> None:
        self.buffer = RequestBuffer(MAX_BODY)
        self.is_head_checked = False
        self.is_refused = False

    def has_bad_head(self) -> bool:
        """Whether gunicorn refuses the request by its head, so that the body need not arrive."""
        head = self.buffer.head
        if head is None:
            return False
        try:
            Request(self.cfg, IterUnreader([head]), self.client)
        except (ParseException, NoMoreData, StopIteration):
            return True
        return False

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._linger(self)
        else:
            util.close(self.sock)
