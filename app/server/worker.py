"""gunicorn's threads, kept for requests that have arrived whole: a slow client holds a socket and no thread.

gunicorn's own worker reads a request, and waits for the end of a connection, where others wait behind it.
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

from gunicorn import http, util
from gunicorn.http.errors import InvalidHeader, NoMoreData, ParseException, UnsupportedTransferCoding
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader, SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import HTTPException

from app.config.threads import PUBLIC_READ_THREADS
from app.server.body_reader import BodyReader
from app.server.public_reads import is_public_read
from app.server.request_buffer import RequestBuffer

MAX_BODY = 512 * 1024
"""As MAX_CONTENT_LENGTH: a longer one goes to the application as it is, to be refused, and is not read on."""
MAX_HEARD = 64 * 1024 * 1024
"""Bytes of requests that a process holds in all; beyond it, who sent most of one not yet whole is let go."""
PIECE = 64 * 1024
"""Bytes that are read at a time. Requests of fewer are no burden, however many connections send."""
PATIENCE = 20
"""Seconds for a request to arrive in, and for its answer to be taken."""
PARTING = 2
"""Seconds that a client may take to hang up."""
ANSWERS_AT_ONCE = 1024 * 1024
"""Of an answer, so many bytes are handed to the system (which may take fewer), whoever takes their time."""
GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_END = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Reader(SocketUnreader):
    """Gives gunicorn what has arrived, a piece at a time: with each chunk of a body it copies all of that.

    After it comes nothing: a request that breaks off is refused, and no thread waits for the rest.
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


class Caller(TConn):
    """A connection, what has arrived of its next request, and until when."""

    def __init__(self, worker: "Worker", *of: Any) -> None:
        super().__init__(worker.cfg, *of)
        self.worker = worker
        self.expect_request()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWERS_AT_ONCE)
        self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader = Reader(self.sock)

    def expect_request(self) -> None:
        self.arrival = RequestBuffer(MAX_BODY)
        self.is_head_read = False
        self.is_refused = False

    def has_bad_head(self) -> bool:
        """Whether gunicorn refuses the request by its head, so that its body need not be waited for."""
        head = self.arrival.head
        if head is None:
            return False
        try:
            Request(self.cfg, IterUnreader([head]), self.client)
        except (ParseException, NoMoreData, StopIteration):
            return True
        return False

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.linger(self)
        else:
            util.close(self.sock)


class Worker(ThreadWorker):
    """Threads: a frozen broker or database holds one of them, not the process.

    When it is to end it lets in who stands at the door, and shuts it: gunicorn's own leaves it open until the
    last request is answered, and then cuts off everybody who came meanwhile.
    """

    sockets: list[socket.socket]
    """The doors."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.parting: deque[Caller] = deque()
        self.answering: dict[Caller, float] = {}
        self.public_reads = ThreadPoolExecutor(PUBLIC_READ_THREADS)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive and not enabled:
            for door in self.sockets:
                while select([door], [], [], 0)[0]:
                    self.accept(door)
                door.close()
            self.sockets = []  # a full worker that is told to end comes here twice

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self.enqueue_req(Caller(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Caller) -> None:
        """A connection is new, or its last request is answered: wait for the next one."""
        conn.sock.setblocking(False)
        conn.expect_request()
        conn.arrival.feed(conn.parser.unreader.take_buffered())
        conn.timeout = time.monotonic() + PATIENCE
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
        self.on_pending_socket_readable(conn, conn.sock)

    def on_pending_socket_readable(self, conn: Caller, client: socket.socket) -> None:
        """More of a request is here: if that is all of it, a thread takes it over."""
        if not conn.arrival.is_complete:
            try:
                more = client.recv(PIECE)
            except BlockingIOError:
                return
            except OSError:
                more = b""
            conn.arrival.feed(more)
            if more and not conn.arrival.is_complete and self._hears_on(conn):
                return
        self.pending_conns.remove(conn)
        if not (conn.arrival.is_complete or conn.is_refused):
            self._let_go(conn)
            return
        self.poller.unregister(client)
        self._hand_over(conn)

    def _hears_on(self, conn: Caller) -> bool:
        """A part of a request is here: whether the rest is welcome, which is said to a client that asks."""
        if not conn.is_head_read and conn.arrival.head is not None:
            conn.is_head_read = True
            conn.is_refused = conn.has_bad_head()
        if conn.arrival.awaits_go_ahead and not conn.is_refused:
            conn.arrival.awaits_go_ahead = False
            with suppress(OSError):
                conn.sock.send(GO_AHEAD)
        return not conn.is_refused

    def _hand_over(self, conn: Caller) -> None:
        if conn.arrival.has_endless_head:
            with suppress(OSError):
                conn.sock.send(NO_END)
            self.nr_conns -= 1
            self.linger(conn)
            return
        conn.parser.unreader.arrived = memoryview(conn.arrival.heard)
        conn.data_ready = True
        self.answering[conn] = time.monotonic() + self.cfg.timeout + PATIENCE
        first_line = bytes(conn.arrival.heard[:PIECE].lstrip(b"\r\n").partition(b"\r\n")[0])
        pool = self.public_reads if is_public_read(first_line) else self.tpool
        answered = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle_request(self, req: Any, conn: Caller) -> bool:
        req._expected_100_continue = False  # it was told when its head was here
        req.body.reader = BodyReader(req.body.reader, conn.arrival)
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Caller, keepalive: bool) -> bool:
        """A body that nobody read may be malformed, or too long: its request was answered."""
        try:
            return not conn.arrival.is_too_long and bool(super()._keepalive_after(conn, keepalive))
        except HTTPException:
            return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """A transfer coding that we do not know is a bad request of the client's, and no fault of ours."""
        is_unknown = isinstance(exc, UnsupportedTransferCoding)
        super().handle_error(req, client, addr, InvalidHeader(str(exc)) if is_unknown else exc)

    def finish_request(self, conn: Caller, done: Any) -> None:
        self.answering.pop(conn, None)
        conn.parser.unreader.unread(conn.parser.unreader.take_buffered())  # where gunicorn looks for the next
        super().finish_request(conn, done)

    def linger(self, conn: Caller) -> None:
        """Say that no more will come, and wait beside everything else for the client to hang up."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        self.nr_conns += 1
        conn.timeout = time.monotonic() + PARTING
        self.parting.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._hears_goodbye, conn))

    def _hears_goodbye(self, conn: Caller, client: socket.socket) -> None:
        with suppress(ConnectionError, TimeoutError):
            if client.recv(PIECE):
                return
        self.parting.remove(conn)
        self._let_go(conn)

    def murder_pending(self) -> None:
        """Whose time is over is let go, in every stage of a request, and who is in the way of others.

        Only here, between two looks at the connections: of those seen ready in one look, none may be gone.
        """
        now = time.monotonic()
        while self.pending_conns and self._has_waited(self.pending_conns[0], now):
            self._let_go(self.pending_conns.popleft())
        while self.parting and self.parting[0].timeout <= now:
            self._let_go(self.parting.popleft())
        for conn in [conn for conn, until in self.answering.items() if until <= now]:
            del self.answering[conn]
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)  # which wakes the thread
        self._make_room()

    def _make_room(self) -> None:
        """Who has said nothing for longest goes first, then who has sent most of a request not yet whole."""
        while len(self.keepalived_conns) + len(self.pending_conns) > self.worker_connections // 2:
            self._let_go(self._silent_longest().popleft())
        while self._heard_in_all() > MAX_HEARD:
            longest = max(self.pending_conns, key=lambda each: len(each.arrival.heard), default=None)
            if longest is None or len(longest.arrival.heard) <= PIECE:
                return  # it is held by requests that are being answered
            self.pending_conns.remove(longest)
            self._let_go(longest)

    def _silent_longest(self) -> deque[Caller]:
        """Those who were answered, or those whose request is awaited: whose first has waited longer."""
        kept: deque[Caller] = self.keepalived_conns
        pending: deque[Caller] = self.pending_conns
        if not kept or not pending:
            return kept or pending
        is_kept_older = kept[0].timeout - self.cfg.keepalive < pending[0].timeout - PATIENCE
        return kept if is_kept_older else pending

    def _heard_in_all(self) -> int:
        return sum(len(each.arrival.heard) for each in chain(self.pending_conns, self.answering))

    def _has_waited(self, conn: Caller, now: float) -> bool:
        """A process that ends waits no longer for who has said nothing yet."""
        until = conn.timeout if self.alive or conn.arrival.heard else conn.timeout - PATIENCE + PARTING
        return bool(until <= now)

    def _let_go(self, conn: Caller) -> None:
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        util.close(conn.sock)
