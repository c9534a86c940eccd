"""The error handlers: every error is answered as a Problem."""

import logging

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, request
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app import validation_errors
from app.http import not_found, problems
from app.http.problems import Invalid, Problem

log = logging.getLogger(__name__)
_KINDS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        problems.BadRequest,
        problems.Forbidden,
        problems.MethodNotAllowed,
        problems.NotFound,
        problems.TooLarge,
        problems.UnsupportedMediaType,
        problems.RangeNotSatisfiable,
        problems.TooManyRequests,
    )
}


def register(app: APIFlask) -> None:
    app.error_processor(_of_the_framework)
    app.register_error_handler(Exception, _answer)
    app.register_error_handler(HTTPException, _answer)


def _answer(error: Exception) -> Response:
    return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    """The problem that an error is answered as. Errors that are not the caller's are logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return _of_werkzeug(error)
    if isinstance(error, OperationalError | InterfaceError):
        return _of_the_database(error)
    return _unexpected(error)


def _of_the_framework(error: HTTPError) -> Response:
    """Answer for a body or query that pydantic refused. APIFlask's error wraps pydantic's."""
    assert isinstance(error.__cause__, ValidationError)
    (location,) = error.detail
    first, *further = validation_errors.found_by(error.__cause__, location)
    return Invalid(*first, *further).response()


def _of_werkzeug(error: HTTPException) -> Problem:
    status = error.code or 500
    if isinstance(error, NotFound) and request.routing_exception is error:
        return not_found.refusal()
    kind = _KINDS.get(status) or (problems.BadRequest if status < 500 else problems.InternalError)
    return kind(_said(error), _headers(error))


def _said(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowed):
        methods = ", ".join(sorted(error.valid_methods or ()))
        return f"{request.method} is not possible at this path. Use one of: {methods}."
    return error.description or error.name


def _headers(error: HTTPException) -> dict[str, str]:
    made_here = {"Content-Type", "Content-Length"}
    return {name: value for name, value in error.get_headers() if name not in made_here}


def _of_the_database(error: Exception) -> Problem:
    log.error("the database does not answer: %s", error)
    return problems.Unavailable("The database does not answer. Nothing was lost; send the request again.")


def _unexpected(error: Exception) -> Problem:
    log.exception("unexpected error", exc_info=error)
    return problems.InternalError("Something went wrong on our side; the request id finds it in our logs.")
