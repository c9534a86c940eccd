"""gunicorn's threads, kept for requests that have arrived whole: a slow client holds a socket and no thread.

gunicorn's own worker reads a request, and waits for the end of a connection, where others wait behind it.
"""

import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from select import select
from selectors import EVENT_READ
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.ops.arrival import Arrival

LONGEST_BODY = 512 * 1024
"""As MAX_CONTENT_LENGTH: a longer one goes to the application as it is, to be refused, and is not read on."""
PATIENCE = 20
"""Seconds for a request to arrive in, and for its answer to be taken."""
PARTING = 2
"""Seconds that a client may take to hang up."""
ANSWERS_AT_ONCE = 1024 * 1024
"""Of an answer, so many bytes are handed to the system (which may take fewer), whoever takes their time."""
NO_END = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Caller(TConn):
    """A connection, what has arrived of its next request, and until when."""

    def __init__(self, worker: "Worker", *of: Any) -> None:
        super().__init__(worker.cfg, *of)
        self.worker = worker
        self.arrival = Arrival(LONGEST_BODY)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWERS_AT_ONCE)
        self.parser = http.get_parser(self.cfg, self.sock, self.client)

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.part(self)
        else:
            util.close(self.sock)


class Worker(ThreadWorker):
    """Threads: a frozen broker or database holds one of them, not the process.

    When it is to end it lets in who stands at the door, and shuts it: gunicorn's own leaves it open until the
    last request is answered, and then cuts off everybody who came meanwhile.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.parting: deque[Caller] = deque()
        self.answering: dict[Caller, float] = {}

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
        if len(self.pending_conns) >= self.worker_connections // 2:
            self._let_go(self.pending_conns.popleft())  # who has waited longest makes room
        self.enqueue_req(Caller(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Caller) -> None:
        """A connection is new, or its last request is answered: wait for the next one."""
        conn.sock.setblocking(False)
        conn.arrival = Arrival(LONGEST_BODY)
        conn.arrival.hears(conn.parser.unreader.take_buffered())
        conn.timeout = time.monotonic() + PATIENCE
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
        self.on_pending_socket_readable(conn, conn.sock)

    def on_pending_socket_readable(self, conn: Caller, client: socket.socket) -> None:
        """More of a request is here: if that is all of it, a thread takes it over."""
        if not conn.arrival.is_whole:
            try:
                more = client.recv(64 * 1024)
            except BlockingIOError:
                return
            except OSError:
                more = b""
            conn.arrival.hears(more)
            if more and not conn.arrival.is_whole:
                return
        self.pending_conns.remove(conn)
        if not conn.arrival.is_whole:
            self._let_go(conn)
            return
        self.poller.unregister(client)
        self._hand_over(conn)

    def _hand_over(self, conn: Caller) -> None:
        if conn.arrival.has_endless_head:
            with suppress(OSError):
                conn.sock.send(NO_END)
            self.nr_conns -= 1
            self.part(conn)
            return
        conn.parser.unreader.unread(bytes(conn.arrival.heard))
        conn.data_ready = True
        self.answering[conn] = time.monotonic() + self.cfg.timeout + PATIENCE
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Caller) -> bool:
        if conn.arrival.is_too_long:
            conn.sock.setblocking(False)  # the rest of it is not waited for
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Caller, keepalive: bool) -> bool:
        return not conn.arrival.is_too_long and bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Caller, done: Any) -> None:
        self.answering.pop(conn, None)
        super().finish_request(conn, done)

    def part(self, conn: Caller) -> None:
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
            if client.recv(64 * 1024):
                return
        self.parting.remove(conn)
        self._let_go(conn)

    def murder_pending(self) -> None:
        """Whose time is over is let go, in every stage of a request."""
        now = time.monotonic()
        while self.pending_conns and self._has_waited(self.pending_conns[0], now):
            self._let_go(self.pending_conns.popleft())
        while self.parting and self.parting[0].timeout <= now:
            self._let_go(self.parting.popleft())
        for conn in [conn for conn, until in self.answering.items() if until <= now]:
            del self.answering[conn]
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)  # which wakes the thread

    def _has_waited(self, conn: Caller, now: float) -> bool:
        """A process that ends waits no longer for who has said nothing yet."""
        until = conn.timeout if self.alive or conn.arrival.heard else conn.timeout - PATIENCE + PARTING
        return bool(until <= now)

    def _let_go(self, conn: Caller) -> None:
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        util.close(conn.sock)
