"""Problem, and the only error handlers: every refusal leaves as application/problem+json (RFC 9457)."""

import logging
from typing import Any, ClassVar

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, json
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from app import bad_values
from app.context import request_id

log = logging.getLogger(__name__)


class Problem(Exception):
    """A refusal that the caller can read. Subclasses stand beside the code that raises them.

    `extra` becomes further members of the answer, `headers` its headers.
    """

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"

    def __init__(self, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail, self.headers, self.extra = detail, headers or {}, extra

    def response(self) -> Response:
        return problem(self.status, self.slug, self.detail, self.headers, **self.extra)


class Invalid(Problem):
    """One value of the body or the query cannot be used; `pointer` is its JSON pointer (RFC 6901)."""

    status, slug = 422, "invalid"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": pointer, "detail": detail}])


class NotFound(Problem):
    status, slug = 404, "not-found"


class Forbidden(Problem):
    status, slug = 403, "forbidden"


class Unauthorized(Problem):
    status, slug = 401, "unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Unavailable(Problem):
    """Something we depend on does not answer; asking again later will do."""

    status, slug = 503, "unavailable"

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


def problem(status: int, slug: str, detail: str, headers: dict[str, str], **extra: Any) -> Response:
    body = {
        "type": f"/problems/{slug}",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": detail,
        "request_id": request_id.get(),
        **extra,
    }
    return Response(json.dumps(body), status, headers, content_type="application/problem+json")


def register(app: APIFlask) -> None:
    app.error_processor(_of_the_framework)
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(HTTPException, _of_werkzeug)
    app.register_error_handler(OperationalError, _of_the_database)
    app.register_error_handler(InterfaceError, _of_the_database)
    app.register_error_handler(Exception, _unexpected)


def _of_the_framework(error: HTTPError) -> Response:
    """A body or query that pydantic refused: APIFlask's error, raised from pydantic's own."""
    assert isinstance(error.__cause__, ValidationError)
    (location,) = error.detail
    errors = bad_values.told(location, error.__cause__)
    named = "; ".join(f"{each['pointer']}: {each['detail']}".removeprefix(": ") for each in errors)
    return problem(422, "invalid", named, {}, errors=errors)


def _of_werkzeug(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {
        name: value for name, value in error.get_headers() if name not in {"Content-Type", "Content-Length"}
    }
    name = HTTP_STATUS_CODES[status]  # Python's own names change between its versions, a slug must not
    return problem(status, name.lower().replace(" ", "-"), error.description or name, headers)


def _of_the_database(error: Exception) -> Response:
    log.error("the database does not answer: %s", error)
    return Unavailable("The database does not answer. Nothing was lost; send the request again.").response()


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error", exc_info=error)
    return problem(
        500, "internal-error", "Something went wrong on our side; the request id finds it in our logs.", {}
    )
