"""When a request is whole, whatever pieces it comes in; the server parses it, and not this."""

import pytest

from app.server.request_buffer import MAX_HEAD, MAX_LINE, RequestBuffer

HEAD = b"POST /booking HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: gzip, Chunked\r\n\r\n"
WHOLE = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    HEAD + b"content-length: 0\r\n\r\n",
    HEAD + b"Content-Length:\t5 \r\n\r\nabcde",
    HEAD + b"Content-Length: %020d\r\n\r\nabcde" % 5,
    CHUNKED + b"0\r\n\r\n",
    CHUNKED + b"0000000005\r\nabcde\r\n0000000000\r\n\r\n",
    CHUNKED + b"5;name=value\r\n0\r\n\r\n\r\nA \r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
]


def arrived(data: bytes, longest: int = 1000) -> RequestBuffer:
    arrival = RequestBuffer(longest)
    arrival.feed(data)
    return arrival


@pytest.mark.parametrize("request_", WHOLE)
def test_it_is_whole_with_its_last_byte_and_not_before(request_: bytes) -> None:
    arrival = RequestBuffer(1000)

    seen = []
    for at in range(len(request_)):
        arrival.feed(request_[at : at + 1])
        seen.append(arrival.is_complete)

    assert seen == [False] * (len(request_) - 1) + [True]
    assert bytes(arrival.received) == request_
    assert not arrival.is_too_long


@pytest.mark.parametrize("request_", WHOLE)
def test_it_is_whole_with_the_next_one_behind_it(request_: bytes) -> None:
    assert arrived(request_ + WHOLE[0]).is_complete


def test_of_what_is_too_long_no_more_is_waited_for() -> None:
    announced = arrived(HEAD + b"Content-Length: 1001\r\n\r\n")
    in_chunks = arrived(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n" + b"3e8\r\n" + b"x" * 1000)

    assert announced.is_complete
    assert announced.is_too_long
    assert in_chunks.is_complete
    assert in_chunks.is_too_long


@pytest.mark.parametrize("digits", [16, 5000])
def test_no_number_is_too_long_to_be_too_long(digits: int) -> None:
    announced = arrived(HEAD + b"Content-Length: " + b"5" * digits + b"\r\n\r\n")

    assert announced.is_complete
    assert announced.is_too_long
    in_chunks = arrived(CHUNKED + b"5" * digits + b"\r\nabcde", longest=10_000)
    assert in_chunks.is_complete
    assert in_chunks.is_too_long


def test_who_waits_to_be_told_to_go_on_is_known() -> None:
    asks = arrived(HEAD + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
    goes_on = arrived(HEAD + b"Content-Length: 5\r\n\r\n")

    assert (asks.is_complete, asks.expects_continue) == (False, True)
    assert (goes_on.is_complete, goes_on.expects_continue) == (False, False)


def test_a_head_without_end_is_known_for_one() -> None:
    arrival = arrived(HEAD + b"X: " + b"x" * MAX_HEAD)

    assert arrival.is_complete
    assert arrival.is_head_too_long


@pytest.mark.parametrize(
    "rest",
    [
        b"no size\r\n",
        b"no size",
        b"5\n",
        b"5\ra",
        b"5\r\nabcdef",
        b"5\r\nabcde\n",
        b"0\r\nTrailer: 1\n",
        b"5;" + b"x" * MAX_LINE,
        b"0\r\nTrailer: " + b"x" * MAX_HEAD,
    ],
)
def test_what_is_no_chunk_is_left_to_the_server_to_refuse_at_once(rest: bytes) -> None:
    seen = arrived(CHUNKED + rest, longest=1_000_000)

    assert seen.is_complete
    assert seen.is_malformed


@pytest.mark.parametrize(
    "rest", [b"", b"5", b"5 ;a", b"5\r", b"5\r\nabcde", b"5\r\nabcde\r", b"0\r", b"0\r\nT: 1\r"]
)
def test_what_may_become_a_chunk_is_waited_for(rest: bytes) -> None:
    assert not arrived(CHUNKED + rest).is_complete


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\nHost: a\n\n", HEAD + b"X: y\n", HEAD + b"X: y\rZ"])
def test_lines_that_do_not_end_as_http_s_do_are_not_waited_for(head: bytes) -> None:
    assert arrived(head).is_complete


def test_the_end_of_a_chunk_s_own_text_is_not_the_end() -> None:
    assert not arrived(CHUNKED + b"7\r\n0\r\n\r\nab").is_complete
