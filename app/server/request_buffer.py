"""An HTTP/1.1 request (RFC 9112) while it arrives, so that a thread gets whole requests only."""

import re

MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers. Browsers, Stripe and platforms' routers send far fewer."""
MAX_LINE = 8 * 1024
"""Bytes of the line before a chunk: a few digits, and perhaps an extension."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-f]+)[ \t]*(?:;[^\r\n]*)?", re.IGNORECASE)
_SIZE_SO_FAR = re.compile(rb"[0-9a-f]*[ \t]*(?:;[^\r\n]*)?\r?", re.IGNORECASE)
_BARE_BREAK = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
"""A CR or LF alone, which ends no line."""
_DIGITS = 12
"""Digits of a number that are read: with more of them it is too large, and Python refuses thousands."""


class RequestBuffer:
    """One request as its bytes arrive. It says when the request is complete. gunicorn parses it."""

    def __init__(self, max_body: int) -> None:
        self.received = bytearray()
        self.expects_continue = False
        """Whether the client waits for a 100 before it sends the body (RFC 9110, 10.1.1)."""
        self.is_malformed = False
        """Whether it breaks HTTP's framing, so that its end cannot be known."""
        self._max_body = max_body
        self._body_at: int | None = None
        self._ends_at: int | None = None
        self._chunk_at = 0
        self._searched = 0
        self._has_too_long_chunk = False

    def feed(self, more: bytes) -> None:
        self.received += more

    @property
    def is_complete(self) -> bool:
        """Whether the request need not be waited for: it is complete, too long or malformed."""
        if self.is_malformed:
            return True
        if self._body_at is None and not self._found_body():
            return self.is_head_too_long or self.is_malformed
        return self.is_too_long or self._has_ended()

    @property
    def is_head_too_long(self) -> bool:
        return self._body_at is None and len(self.received) > MAX_HEAD

    @property
    def is_too_long(self) -> bool:
        """Whether the body is too long. In chunks, the framing may take as much again."""
        if self._body_at is None:
            return False
        if self._ends_at is not None:
            return self._ends_at - self._body_at > self._max_body
        return self._has_too_long_chunk or len(self.received) - self._body_at > 2 * self._max_body

    @property
    def head(self) -> bytes | None:
        """The request line and its headers, with the empty line after them. None until they have arrived."""
        return None if self._body_at is None else bytes(self.received[: self._body_at])

    def _found_body(self) -> bool:
        head_ends = self.received.find(b"\r\n\r\n", max(0, self._searched - 3))
        if head_ends < 0:
            self.is_malformed = self._has_bare_break(max(0, self._searched - 1))
            self._searched = len(self.received)
            return False
        head = bytes(self.received[: head_ends + 2])
        self._body_at = self._chunk_at = head_ends + 4
        if not _CHUNKED.search(head):
            length = _LENGTH.search(head)
            self._ends_at = self._body_at + (_number(length[1], 10) if length else 0)
        self.expects_continue = _EXPECTS.search(head) is not None
        return True

    def _has_ended(self) -> bool:
        if self._ends_at is None:
            self._read_chunks()
        is_here = self._ends_at is not None and len(self.received) >= self._ends_at
        return is_here or self.is_malformed or self._has_too_long_chunk

    def _read_chunks(self) -> None:
        """Continue after the last whole chunk. A malformed chunk is left to gunicorn, which refuses it."""
        while (line_ends := self.received.find(b"\r\n", self._chunk_at)) >= 0:
            size = _SIZE.fullmatch(self.received, self._chunk_at, line_ends)
            length = _number(size[1], 16) if size else None
            if length is None:
                self.is_malformed = True
                return
            if length == 0:
                self._read_trailers(line_ends)
                return
            chunk_ends = line_ends + 2 + length
            self._has_too_long_chunk = length > self._max_body
            self.is_malformed = not b"\r\n".startswith(self.received[chunk_ends : chunk_ends + 2])
            if self.is_malformed or self._has_too_long_chunk or len(self.received) < chunk_ends + 2:
                return
            self._chunk_at = chunk_ends + 2
        is_line = _SIZE_SO_FAR.fullmatch(self.received, self._chunk_at) is not None
        self.is_malformed = not is_line or len(self.received) - self._chunk_at > MAX_LINE

    def _read_trailers(self, line_ends: int) -> None:
        """Find the empty line that ends the headers after the last chunk."""
        trailer_ends = self.received.find(b"\r\n\r\n", line_ends)
        if trailer_ends >= 0:
            self._ends_at = trailer_ends + 4
        else:
            is_endless = len(self.received) - line_ends > MAX_HEAD
            self.is_malformed = is_endless or self._has_bare_break(line_ends)

    def _has_bare_break(self, start: int) -> bool:
        return _BARE_BREAK.search(self.received, start) is not None


def _number(digits: bytes, base: int) -> int:
    """As gunicorn reads it: any number of zeros may come first."""
    return int(digits.lstrip(b"0")[:_DIGITS] or b"0", base)
