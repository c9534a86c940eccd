"""Request bodies, before a schema sees them."""

from typing import Any, NoReturn

from flask import Request, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from app.http import json_limits

MAX_PARAMETERS = 100
"""In a query or a form, of which ours have less than ten."""
_FORM = "application/x-www-form-urlencoded"


def read_chunks() -> None:
    """Refuse a body in chunks that is malformed or too long, also where none is wanted.

    Raises BadRequest and RequestEntityTooLarge.
    """
    if "Transfer-Encoding" in request.headers:
        request.get_data()


def count_parameters() -> None:
    """Refuse a query or a form that is too long to be meant, by its number alone.

    Raises BadRequest, and RequestEntityTooLarge.
    """
    if request.query_string.count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"The query has too many parameters: send {MAX_PARAMETERS} at most.")
    if request.mimetype == _FORM and request.get_data().count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"The form has too many fields: send {MAX_PARAMETERS} at most.")


class JsonRequest(Request):
    """A request whose body, where a route wants JSON, has to say that it is JSON, and to be it."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """No body at all is an empty object. Raises UnsupportedMediaType, BadRequest and Invalid.

        `force`, which APIFlask sets, is not obeyed.
        """
        if not self.content_length and not self.content_type and not self.get_data():
            return {}
        try:
            found = super().get_json(silent=silent, cache=cache)
        except RecursionError as error:
            raise BadRequest("The body is not JSON that can be read: it is nested too deeply.") from error
        json_limits.check(found)
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
