"""gunicorn's threaded worker, with threads for whole requests only: a slow client holds a socket, no thread.

gunicorn's own worker reads a request, and waits for the end of a connection, in a thread that others need.
"""

import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import chain
from select import select
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http.errors import InvalidHeader, UnsupportedTransferCoding
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import HTTPException

from app.config.threads import PUBLIC_READ_THREADS
from app.server.body_reader import BodyReader
from app.server.connection import Connection
from app.server.public_reads import is_public_read

MAX_BUFFERED = 64 * 1024 * 1024
"""Bytes of requests that a process buffers. Beyond it, the longest incomplete request is dropped."""
READ_SIZE = 64 * 1024
"""Bytes that one read takes. Incomplete requests of fewer are never dropped for their length."""
TRANSFER_SECONDS = 20
"""Until a request has arrived, and until its answer is taken."""
LINGER_SECONDS = 2
"""Until a client closes a connection that is over."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class Worker(ThreadWorker):
    """A worker whose threads no slow client holds, and two of which answer public reads only.

    To stop, it accepts the pending connections and closes its listeners. gunicorn's own leaves them
    open until the last request is answered, and then resets what connected in that time.
    """

    sockets: list[socket.socket]
    """The listeners."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lingering: deque[Connection] = deque()
        self.answering: dict[Connection, float] = {}
        self.public_reads = ThreadPoolExecutor(PUBLIC_READ_THREADS)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive and not enabled:
            for listener in self.sockets:
                while select([listener], [], [], 0)[0]:
                    self.accept(listener)
                listener.close()
            self.sockets = []  # a full worker that is told to stop comes here twice

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, sock, client, listener.getsockname(), self.linger))

    def enqueue_req(self, conn: Connection) -> None:
        """A connection is new, or its last request is answered: wait for the next one."""
        conn.sock.setblocking(False)
        conn.expect_request()
        conn.buffer.feed(conn.parser.unreader.take_buffered())
        conn.timeout = time.monotonic() + TRANSFER_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
        self.on_pending_socket_readable(conn, conn.sock)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """More of a request has arrived. Once it is complete, or refused, a thread handles it."""
        if not conn.buffer.is_complete:
            try:
                more = client.recv(READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                more = b""
            conn.buffer.feed(more)
            if more and not conn.buffer.is_complete and self._accepts_rest(conn):
                return
        self.pending_conns.remove(conn)
        if not (conn.buffer.is_complete or conn.is_refused):
            self._close(conn)
            return
        self.poller.unregister(client)
        self._hand_over(conn)

    def _accepts_rest(self, conn: Connection) -> bool:
        """Whether the rest of an incomplete request is read. A client that asks first is answered 100."""
        if not conn.is_head_checked and conn.buffer.head is not None:
            conn.is_head_checked = True
            conn.is_refused = conn.has_bad_head()
        if conn.buffer.expects_continue and not conn.is_refused:
            conn.buffer.expects_continue = False
            with suppress(OSError):
                conn.sock.send(CONTINUE)
        return not conn.is_refused

    def _hand_over(self, conn: Connection) -> None:
        if conn.buffer.is_head_too_long:
            with suppress(OSError):
                conn.sock.send(HEAD_TOO_LARGE)
            self.nr_conns -= 1
            self.linger(conn)
            return
        conn.parser.unreader.arrived = memoryview(conn.buffer.received)
        conn.data_ready = True
        self.answering[conn] = time.monotonic() + self.cfg.timeout + TRANSFER_SECONDS
        first_line = bytes(conn.buffer.received[:READ_SIZE].lstrip(b"\r\n").partition(b"\r\n")[0])
        pool = self.public_reads if is_public_read(first_line) else self.tpool
        answered = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle_request(self, req: Any, conn: Connection) -> bool:
        req._expected_100_continue = False  # _accepts_rest has answered that
        req.body.reader = BodyReader(req.body.reader, conn.buffer)
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """No request follows a body that is too long or malformed, whether the application read it or not."""
        try:
            return not conn.buffer.is_too_long and bool(super()._keepalive_after(conn, keepalive))
        except HTTPException:
            return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """An unknown transfer coding is the client's error: 400, where gunicorn answers 501."""
        is_unknown = isinstance(exc, UnsupportedTransferCoding)
        super().handle_error(req, client, addr, InvalidHeader(str(exc)) if is_unknown else exc)

    def finish_request(self, conn: Connection, done: Any) -> None:
        self.answering.pop(conn, None)
        conn.parser.unreader.unread(conn.parser.unreader.take_buffered())  # where gunicorn looks for the next
        super().finish_request(conn, done)

    def linger(self, conn: Connection) -> None:
        """End our side of a connection, and read what still arrives until the client closes its own.

        A connection that is closed before all is read resets, and the client may lose its answer.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        self.nr_conns += 1
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self.lingering.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_lingering_readable, conn))

    def _on_lingering_readable(self, conn: Connection, client: socket.socket) -> None:
        with suppress(ConnectionError, TimeoutError):
            if client.recv(READ_SIZE):
                return
        self.lingering.remove(conn)
        self._close(conn)

    def murder_pending(self) -> None:
        """Close connections that have timed out, in every stage of a request, or that exceed a limit.

        This happens only between two looks at the connections: one seen as ready must not be gone.
        """
        now = time.monotonic()
        while self.pending_conns and self._has_timed_out(self.pending_conns[0], now):
            self._close(self.pending_conns.popleft())
        while self.lingering and self.lingering[0].timeout <= now:
            self._close(self.lingering.popleft())
        for conn in [conn for conn, until in self.answering.items() if until <= now]:
            del self.answering[conn]
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)  # which wakes the thread
        self._make_room()

    def _make_room(self) -> None:
        """Close connections: first the longest idle, then those with the longest incomplete requests."""
        while len(self.keepalived_conns) + len(self.pending_conns) > self.worker_connections // 2:
            self._close(self._idle_longest().popleft())
        while self._buffered_bytes() > MAX_BUFFERED:
            longest = max(self.pending_conns, key=lambda each: len(each.buffer.received), default=None)
            if longest is None or len(longest.buffer.received) <= READ_SIZE:
                return  # the bytes belong to requests that are being answered
            self.pending_conns.remove(longest)
            self._close(longest)

    def _idle_longest(self) -> deque[Connection]:
        """The answered connections, or those that wait for a request: whichever's first has waited longer."""
        kept: deque[Connection] = self.keepalived_conns
        pending: deque[Connection] = self.pending_conns
        if not kept or not pending:
            return kept or pending
        is_kept_older = kept[0].timeout - self.cfg.keepalive < pending[0].timeout - TRANSFER_SECONDS
        return kept if is_kept_older else pending

    def _buffered_bytes(self) -> int:
        return sum(len(each.buffer.received) for each in chain(self.pending_conns, self.answering))

    def _has_timed_out(self, conn: Connection, now: float) -> bool:
        """A process that stops waits only LINGER_SECONDS for a connection that has sent nothing."""
        until = (
            conn.timeout
            if self.alive or conn.buffer.received
            else conn.timeout - TRANSFER_SECONDS + LINGER_SECONDS
        )
        return bool(until <= now)

    def _close(self, conn: Connection) -> None:
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        util.close(conn.sock)
