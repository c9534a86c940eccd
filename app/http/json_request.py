"""Checks of request bodies before validation."""

from typing import Any, NoReturn

from flask import Request, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from app.http import json_limits

MAX_PARAMETERS = 100
"""Fields of a query or a form. Ours have less than ten."""
_FORM = "application/x-www-form-urlencoded"


def read_chunks() -> None:
    """Refuse a chunked body that is malformed or too long, also on routes without a body.

    Raises BadRequest and RequestEntityTooLarge.
    """
    if "Transfer-Encoding" in request.headers:
        request.get_data()


def count_parameters() -> None:
    """Refuse a query or a form with too many fields.

    Raises BadRequest, and RequestEntityTooLarge.
    """
    if request.query_string.count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"The query has too many parameters: send {MAX_PARAMETERS} at most.")
    if request.mimetype == _FORM and request.get_data().count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"The form has too many fields: send {MAX_PARAMETERS} at most.")


class JsonRequest(Request):
    """A request whose body must be JSON with a JSON content type, on routes that take JSON."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """The parsed body; an empty one is an empty object. Ignores `force`, which APIFlask sets.

        Raises UnsupportedMediaType, BadRequest and Invalid.
        """
        if not self.content_length and not self.content_type and not self.get_data():
            return {}
        try:
            found = super().get_json(silent=silent, cache=cache)
        except RecursionError as error:
            raise BadRequest("The body is not JSON that can be read: it is nested too deeply.") from error
        json_limits.check(found)
        return "null" if found is None else found  # APIFlask would read null as an empty object

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """The raw body. Raises RequestEntityTooLarge for chunked bodies too, which Werkzeug truncates."""
        found = super().get_data(cache=cache, as_text=as_text, parse_form_data=parse_form_data)  # type: ignore[call-overload]
        if self.content_length is None and len(found) >= (self.max_content_length or len(found) + 1):
            raise RequestEntityTooLarge
        return found

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        if e is None:
            raise UnsupportedMediaType("Send the body as JSON, with Content-Type: application/json.")
        raise BadRequest(f"The body is not JSON: {e}.")
