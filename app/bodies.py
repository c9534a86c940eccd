"""Request bodies, before a schema sees them."""

from typing import Any, NoReturn

from flask import Request, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType


def read_chunks() -> None:
    """Refuse a body in chunks that is malformed or too long, also where none is wanted.

    Raises BadRequest and RequestEntityTooLarge.
    """
    if "Transfer-Encoding" in request.headers:
        request.get_data()


class JsonRequest(Request):
    """A request whose body, where a route wants JSON, has to say that it is JSON, and to be it."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """No body at all is an empty object. Raises UnsupportedMediaType and BadRequest.

        `force`, which APIFlask sets, is not obeyed.
        """
        if not self.content_length and not self.content_type and not self.get_data():
            return {}
        try:
            found = super().get_json(silent=silent, cache=cache)
        except RecursionError as error:
            raise BadRequest("The body is not JSON that can be read: it is nested too deeply.") from error
        return "null" if found is None else found  # APIFlask would take null for an empty object

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """Raises RequestEntityTooLarge also for a body in chunks, of which Werkzeug cuts off the rest."""
        found = super().get_data(cache=cache, as_text=as_text, parse_form_data=parse_form_data)  # type: ignore[call-overload]
        if self.content_length is None and len(found) >= (self.max_content_length or len(found) + 1):
            raise RequestEntityTooLarge
        return found

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        if e is None:
            raise UnsupportedMediaType("Send the body as JSON, with Content-Type: application/json.")
        raise BadRequest(f"The body is not JSON: {e}.")
