"""Bodies that break HTTP's framing, on every route that takes one: refused at once, and nothing happens."""

import re
import socket
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.people import Person
from tests.rate_limited_web import LimitedWeb
from tests.stack import Stack

AT_ONCE = 5.0
"""Seconds, on a machine that is busy. Whoever is waited for is waited for twenty."""
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODIES = {
    "negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "no digits": b"zz\r\n{}\r\n0\r\n\r\n",
    "prefix of hexadecimal": b"0x2\r\n{}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "plus sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "underscore": b"0_2\r\n{}\r\n0\r\n\r\n",
    "space before": b" 2\r\n{}\r\n0\r\n\r\n",
    "full-width digit": "\uff12\r\n{}\r\n0\r\n\r\n".encode(),
    "good, then bad": b"2\r\n{}\r\nzz\r\n",
    "chunk longer than its size": b"1\r\n{}\r\n0\r\n\r\n",
    "no line end after the chunk": b"2\r\n{}0\r\n\r\n",
    "bare LF": b"2\n{}\n0\n\n",
    "bare CR": b"2\r{}\r0\r\r",
    "bare LF after the chunk": b"2\r\n{}\n0\r\n\r\n",
    "bare LF in the trailers": b"2\r\n{}\r\n0\r\nX: y\n\n",
    "length among the trailers": b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
    "broken extension": b"2;a=\x01\r\n{}\r\n0\r\n\r\n",
    "line without end": b"2;" + b"a" * 9_000,
    "bad and without end": b"nothing",
}
HUGE = {
    "sixteen digits": b"ffffffffffffffff\r\n{}",
    "thousands of digits": b"1" + b"0" * 5_000 + b"\r\n{}",
    "a gigabyte": b"40000000\r\n{}",
    "one byte too many": b"80001\r\n{}",
}
HEADS = {
    "xchunked": b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}",
    "unknown coding first": b"Transfer-Encoding: br, chunked\r\n\r\n2\r\n{}",
    "chunked is not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}",
    "length and chunks": b"Content-Length: 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}",
    "two lengths": b"Content-Length: 200\r\nContent-Length: 200\r\n\r\n{}",
    "negative length": b"Content-Length: -1\r\n\r\n{}",
    "bare LF in the head": b"Transfer-Encoding: chunked\n\n2\n{}",
    "folded": b"Transfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}",
    "unknown expectation": b"Expect: 200-ok\r\nContent-Length: 200\r\n\r\n",
}


@pytest.fixture(scope="module")
def routes(stack: Stack) -> list[tuple[str, str]]:
    """Every route that takes a body, by method and path."""
    paths = stack.http.get("/openapi.json").json()["paths"]
    ids = re.compile(r"\{[^}]*\}")
    return [
        (method.upper(), ids.sub(str(uuid4()), path))
        for path, operations in paths.items()
        for method in operations
        if method in {"post", "put", "patch", "delete"}
    ]


def answer(web: LimitedWeb, request: bytes) -> tuple[bytes, float]:
    """All that comes until the server hangs up, and after how many seconds."""
    host, port = web.url.removeprefix("http://").split(":")
    began = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=AT_ONCE + 3) as opened:
        opened.sendall(request)
        try:
            told = b"".join(iter(lambda: opened.recv(65536), b""))
        except ConnectionResetError:
            told = b""
    return told, time.monotonic() - began


def head(method: str, path: str, token: str, more: bytes, address: str = "192.0.2.1") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: a",
        f"X-Forwarded-For: {address}",
        f"Authorization: Bearer {token}",
        "Stripe-Signature: t=1,v1=0",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*lines, ""]).encode() + more


def statuses(told: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", told)]


@pytest.fixture
def unharmed(limited: LimitedWeb) -> Iterator[None]:
    yield
    assert "Traceback" not in limited.logged
    assert "unexpected error" not in limited.logged


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_malformed_body_is_refused_at_once_on_every_route(
    limited: LimitedWeb, routes: list[tuple[str, str]], coach: Person, body: bytes
) -> None:
    for place, (method, path) in enumerate(routes):
        asked = head(method, path, coach.token, CHUNKED + b"\r\n", f"192.0.2.{place}") + body
        told, seconds = answer(limited, asked)

        (status,) = statuses(told)  # one answer to one request
        assert 400 <= status < 500, f"{method} {path}: {status}"
        assert seconds < AT_ONCE, f"{method} {path}: {seconds} s"


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/payment/webhook"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_it_is_told_what_is_wrong_with_a_body(limited: LimitedWeb, path: str, body: bytes) -> None:
    told, _ = answer(limited, head("POST", path, "", CHUNKED + b"\r\n") + body)

    assert statuses(told) == [400]
    assert b"/problems/bad-request" in told
    assert b"The body is malformed" in told or b"The body breaks off" in told


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("path", ["/auth/login", "/payment/webhook"])
@pytest.mark.parametrize("body", HUGE.values(), ids=HUGE)
def test_a_chunk_larger_than_we_take_is_not_waited_for(limited: LimitedWeb, path: str, body: bytes) -> None:
    told, seconds = answer(limited, head("POST", path, "", CHUNKED + b"\r\n") + body)

    assert statuses(told) == [413]
    assert seconds < AT_ONCE


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("path", ["/auth/login", "/payment/webhook"])
@pytest.mark.parametrize("rest", HEADS.values(), ids=HEADS)
def test_a_head_that_says_no_length_to_rely_on_is_refused_at_once(
    limited: LimitedWeb, path: str, rest: bytes
) -> None:
    told, seconds = answer(limited, head("POST", path, "", rest))

    assert [status // 100 for status in statuses(told)] == [4]
    assert seconds < AT_ONCE


@pytest.mark.usefixtures("unharmed")
def test_many_malformed_bodies_leave_every_thread_free(stack: Stack, limited: LimitedWeb) -> None:
    host, port = limited.url.removeprefix("http://").split(":")
    opened = [socket.create_connection((host, int(port)), timeout=AT_ONCE + 3) for _ in range(40)]
    try:
        for place, each in enumerate(opened):
            body = [*BODIES.values(), *HUGE.values()][place % (len(BODIES) + len(HUGE))]
            each.sendall(head("POST", "/payment/webhook", "", CHUNKED + b"\r\n") + body)

        with limited.asking_from("192.0.2.9") as http:
            assert [http.get("/health/live").status_code for _ in range(3)] == [200] * 3
    finally:
        for each in opened:
            each.close()


def test_a_malformed_body_is_not_taken_for_its_good_beginning(limited: LimitedWeb) -> None:
    """A login whose first chunk is whole and whose second is none: no password is looked at."""
    chunk = b'{"email": "nobody@example.com", "password": "a wrong password"}'
    body = b"%x\r\n%s\r\n" % (len(chunk), chunk)

    told, _ = answer(limited, head("POST", "/auth/login", "", CHUNKED + b"\r\n") + body + b"zz\r\n")

    assert statuses(told) == [400]
