"""The body of a request as the application reads it: an error in its framing is a 400 or a 413."""

from typing import Any

from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from app.server.request_buffer import RequestBuffer


class BodyReader:
    """gunicorn's reader of a body. Its errors become 400s and 413s, which each further read raises again.

    A body that was cut off at an error, and read once more, would look whole.
    """

    def __init__(self, reader: Any, buffer: RequestBuffer) -> None:
        self._reader = reader
        self._buffer = buffer
        self._refusal: HTTPException | None = None

    def read(self, size: int) -> bytes:
        """Raises BadRequest and RequestEntityTooLarge."""
        if self._refusal is not None:
            raise self._refusal
        try:
            return bytes(self._reader.read(size))
        except (ParseException, NoMoreData) as error:
            self._refusal = self._refused(error)
            raise self._refusal from error

    def _refused(self, error: Exception) -> HTTPException:
        if self._buffer.is_too_long:
            return RequestEntityTooLarge()
        what = "breaks off" if isinstance(error, NoMoreData) else "is malformed"
        return BadRequest(
            f"The body {what}. In chunks, each begins with its size in hexadecimal digits, and each line ends"
            " with CR LF (RFC 9112, section 7.1)."
        )
