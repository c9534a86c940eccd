"""How much of an HTTP/1.1 request has arrived (RFC 9112), so that only whole ones are given a thread."""

import re

MAX_HEAD = 64 * 1024
"""A request line and its headers. Far more than browsers, Stripe or a platform's router send."""
MAX_LINE = 8 * 1024
"""The line before a chunk: a few digits, and whatever extension is written behind them."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-f]+)[ \t]*(?:;[^\r\n]*)?", re.IGNORECASE)
_SIZE_SO_FAR = re.compile(rb"[0-9a-f]*[ \t]*(?:;[^\r\n]*)?\r?", re.IGNORECASE)
_BARE_BREAK = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
"""A line ends with CR and LF together, never with one of them alone."""
_DIGITS = 12
"""Of a number, as many as matter: one with more is too long, and Python reads none of thousands."""


class RequestBuffer:
    """One request as its bytes come in. It says how long to wait; what they mean is left to the server."""

    def __init__(self, longest_body: int) -> None:
        self.heard = bytearray()
        self.awaits_go_ahead = False
        """Whether the client sends its body once it is told to (RFC 9110, 10.1.1)."""
        self.is_malformed = False
        """Whether it breaks HTTP's framing, so that where it ends can no longer be known."""
        self._longest_body = longest_body
        self._body_at: int | None = None
        self._ends_at: int | None = None
        self._chunk_at = 0
        self._searched = 0
        self._has_huge_chunk = False

    def feed(self, more: bytes) -> None:
        self.heard += more

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing more to wait for: all has come, or more than we take, or no HTTP."""
        if self.is_malformed:
            return True
        if self._body_at is None and not self._found_the_body():
            return self.has_endless_head or self.is_malformed
        return self.is_too_long or self._has_ended()

    @property
    def has_endless_head(self) -> bool:
        return self._body_at is None and len(self.heard) > MAX_HEAD

    @property
    def is_too_long(self) -> bool:
        """Whether the body is longer than we take; in chunks, it may be framed with as much again."""
        if self._body_at is None:
            return False
        if self._ends_at is not None:
            return self._ends_at - self._body_at > self._longest_body
        return self._has_huge_chunk or len(self.heard) - self._body_at > 2 * self._longest_body

    @property
    def head(self) -> bytes | None:
        """The request line and its headers once they are here, with the empty line that ends them."""
        return None if self._body_at is None else bytes(self.heard[: self._body_at])

    def _found_the_body(self) -> bool:
        head_ends = self.heard.find(b"\r\n\r\n", max(0, self._searched - 3))
        if head_ends < 0:
            self.is_malformed = self._has_bare_break(max(0, self._searched - 1))
            self._searched = len(self.heard)
            return False
        head = bytes(self.heard[: head_ends + 2])
        self._body_at = self._chunk_at = head_ends + 4
        if not _CHUNKED.search(head):
            length = _LENGTH.search(head)
            self._ends_at = self._body_at + (_number(length[1], 10) if length else 0)
        self.awaits_go_ahead = _EXPECTS.search(head) is not None
        return True

    def _has_ended(self) -> bool:
        if self._ends_at is None:
            self._read_chunks()
        is_here = self._ends_at is not None and len(self.heard) >= self._ends_at
        return is_here or self.is_malformed or self._has_huge_chunk

    def _read_chunks(self) -> None:
        """Go on where the last whole chunk ended; what is no chunk is for the server to refuse."""
        while (line_ends := self.heard.find(b"\r\n", self._chunk_at)) >= 0:
            size = _SIZE.fullmatch(self.heard, self._chunk_at, line_ends)
            length = _number(size[1], 16) if size else None
            if length is None:
                self.is_malformed = True
                return
            if length == 0:
                self._read_trailers(line_ends)
                return
            chunk_ends = line_ends + 2 + length
            self._has_huge_chunk = length > self._longest_body
            self.is_malformed = not b"\r\n".startswith(self.heard[chunk_ends : chunk_ends + 2])
            if self.is_malformed or self._has_huge_chunk or len(self.heard) < chunk_ends + 2:
                return
            self._chunk_at = chunk_ends + 2
        is_line = _SIZE_SO_FAR.fullmatch(self.heard, self._chunk_at) is not None
        self.is_malformed = not is_line or len(self.heard) - self._chunk_at > MAX_LINE

    def _read_trailers(self, line_ends: int) -> None:
        """Headers after the last chunk, which end with an empty line as those before the body do."""
        trailer_ends = self.heard.find(b"\r\n\r\n", line_ends)
        if trailer_ends >= 0:
            self._ends_at = trailer_ends + 4
        else:
            is_endless = len(self.heard) - line_ends > MAX_HEAD
            self.is_malformed = is_endless or self._has_bare_break(line_ends)

    def _has_bare_break(self, start: int) -> bool:
        return _BARE_BREAK.search(self.heard, start) is not None


def _number(digits: bytes, base: int) -> int:
    """As the server reads it, which takes any number of zeros before it."""
    return int(digits.lstrip(b"0")[:_DIGITS] or b"0", base)
