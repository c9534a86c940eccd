"""Clients that take their time, or send too much, against the web server as it runs in production."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from select import select

import httpx
import pytest

from tests.stack import Stack
from tests.waiting import PATIENCE

MANY = 40
"""More than the server has threads, which are sixteen."""
LOGIN = b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
HALF = {
    "nothing": b"",
    "half a head": b"GET /health/live HTTP/1.1\r\nHost: a\r\n",
    "half a body": LOGIN + b"Content-Length: 1000\r\n\r\n{",
    "half the chunks": LOGIN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n",
    "a length of many digits": LOGIN + b"Content-Length: %020d\r\n\r\n{" % 500,
    "a chunk of many digits": LOGIN + b"Transfer-Encoding: chunked\r\n\r\n%012x\r\n{" % 500,
    "one whole and a half": b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\nGET /",
    "no goodbye": b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "more than is taken": LOGIN + b"Content-Length: 1000000\r\n\r\n{",
}
Call = Callable[[bytes], socket.socket]


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    """Opens a connection and sends on it; all are closed at the end."""
    url = stack.http.base_url
    with ExitStack() as opened:

        def send(data: bytes) -> socket.socket:
            made = opened.enter_context(socket.create_connection((url.host, url.port), timeout=PATIENCE))
            made.sendall(data)
            return made

        yield send


def answer(to: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    return b"".join(iter(lambda: to.recv(65536), b""))


def next_answer(to: socket.socket) -> bytes:
    """The body of an answer that is a 200, all of it: it may come a moment after the head."""
    answered = HTTPResponse(to)
    answered.begin()
    assert answered.status == 200
    return answered.read()


@pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
def test_who_takes_their_time_keeps_nobody_else_waiting(stack: Stack, call: Call, sent: bytes) -> None:
    slow = [call(sent) for _ in range(MANY)]

    assert [stack.http.get("/health/live").status_code for _ in range(3)] == [200] * 3
    assert len(slow) == MANY


def test_a_request_that_comes_in_pieces_is_answered(call: Call) -> None:
    body = b'{"email": "nobody@example.com", "password": "none"}'
    pieces = LOGIN + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    slow = call(pieces[:60])
    for at in range(60, len(pieces), 40):
        slow.sendall(pieces[at : at + 40])

    assert answer(slow).startswith(b"HTTP/1.1 401 ")


def test_requests_that_come_at_once_are_answered_one_after_the_other(call: Call) -> None:
    live = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"

    both = answer(call(live + b"\r\n" + live + b"Connection: close\r\n\r\n"))

    assert both.count(b"HTTP/1.1 200 OK") == 2


def test_who_was_answered_may_ask_again_later_than_clients_and_routers_do(call: Call) -> None:
    """Half of them hang up after 5 s: were the server to do so then, some requests would meet nobody."""
    idle = call(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    assert next_answer(idle).startswith(b"{")

    hung_up, _, _ = select([idle], [], [], 7)

    assert not hung_up
    idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    assert next_answer(idle).startswith(b"{")


def test_who_is_idle_after_an_answer_keeps_nobody_out(stack: Stack, call: Call) -> None:
    for _ in range(2_100):  # two processes take a thousand each
        call(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").recv(65536)

    assert [
        httpx.get(f"{stack.http.base_url}/health/live", timeout=PATIENCE).status_code for _ in range(3)
    ] == [200] * 3
    assert not stack.has_logged("Traceback")


def test_who_asks_before_sending_the_body_is_told_to_go_on_once(call: Call) -> None:
    body = b'{"email": "nobody@example.com", "password": "none"}'
    asks = call(
        LOGIN + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    )

    told = asks.recv(65536)
    asks.sendall(body)

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer(asks).startswith(b"HTTP/1.1 401 ")


def test_a_body_in_chunks_is_read_like_any_other(stack: Stack) -> None:
    def chunks(text: bytes) -> Iterator[bytes]:
        yield text[:10]
        yield text[10:]

    def sent(text: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return stack.http.post("/auth/login", content=chunks(text), headers=headers)

    assert sent(b'{"email": "nobody@example.com", "password": "none"}').status_code == 401
    assert sent(b" " * (512 * 1024 + 1)).status_code == 413


def test_a_body_that_is_announced_as_too_long_is_not_read(call: Call) -> None:
    refusal = answer(call(LOGIN + b"Content-Length: 10000000000\r\n\r\n{"))

    assert refusal.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in refusal


def test_a_client_that_sends_on_hears_that_its_body_is_too_long(call: Call) -> None:
    for _ in range(20):
        sends = call(LOGIN + b"Content-Length: 700000\r\n\r\n" + b" " * 700_000)

        assert answer(sends).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n"],
    ids=["long", "many"],
)
def test_headers_without_end_are_refused(call: Call, head: bytes) -> None:
    assert answer(call(head))[:13] in {b"HTTP/1.1 431 ", b"HTTP/1.1 400 "}
