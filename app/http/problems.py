"""Problem, the base of all error answers (RFC 9457), and the kinds that any route may return."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from flask import Response, json

from app.observability.context import request_id
from app.validation_errors import Fault

MAX_TOLD = 50
"""The most errors that an answer lists, so that it stays smaller than the request."""
KINDS: "dict[str, type[Problem]]" = {}
"""All problem classes by slug, complete once the application is created."""
_SAID_OF_EACH = ("slug", "title", "meaning", "remedy")


class Problem(Exception):
    """An error answer that the caller can read. Subclasses are next to the code that raises them.

    Every kind has a unique slug. GET /problems/{slug} shows its meaning and remedy.
    `extra` becomes further members of the answer, `headers` its headers.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]
    """A short title for every problem of this kind."""
    meaning: ClassVar[str]
    """What has happened."""
    remedy: ClassVar[str]
    """What the caller can do about it."""
    counts_as_failure: ClassVar[bool] = False
    """Whether it counts as a failed attempt with a password, a code or a token."""

    def __init_subclass__(cls) -> None:
        """Raises TypeError for an incomplete kind."""
        if "slug" not in vars(cls) and cls.__base__ is not Problem:
            return  # shares its parent's kind
        missing = [name for name in ("status", *_SAID_OF_EACH) if not getattr(cls, name, None)]
        inherited = [name for name in _SAID_OF_EACH if name not in vars(cls)]
        if missing or inherited or cls.slug in KINDS:
            raise TypeError(f"{cls.__name__} must say its own slug, status, title, meaning and remedy")
        KINDS[cls.slug] = cls

    def __init__(self, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail, self.headers, self.extra = detail, headers or {}, extra

    def response(self) -> Response:
        body = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id.get(),
            **self.extra,
        }
        return Response(json.dumps(body), self.status, self.headers, content_type="application/problem+json")


class BadRequest(Problem):
    status, slug, title = 400, "bad-request", "Request not readable"
    meaning = "The request could not be read: its body is no JSON, or HTTP's own rules are broken."
    remedy = "Correct what `detail` names. A JSON library writes bodies that can be read."


class Unauthorized(Problem):
    status, slug, title = 401, "unauthorized", "Not signed in"
    meaning = "The access token, password or code is missing, wrong, expired, or of a sign-in that has ended."
    remedy = (
        "Refresh the token with `POST /auth/refresh` or sign in with `POST /auth/login`, then send it again."
    )

    counts_as_failure = True

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    status, slug, title = 403, "forbidden", "Not allowed"
    meaning = "You are signed in, and your account may not do this."
    remedy = "Sign in with a role that may: `detail` names it. Repeating the request changes nothing."


class NotFound(Problem):
    status, slug, title = 404, "not-found", "Not found"
    meaning = "There is nothing at this path, or nothing that your account may see."
    remedy = "Check the path and its ids, and that you are signed in as the right person."


class MethodNotAllowed(Problem):
    status, slug, title = 405, "method-not-allowed", "Method not allowed"
    meaning = "The path exists, but not with this HTTP method."
    remedy = "Use one of the methods that `detail` and the Allow header name."


class TooLarge(Problem):
    status, slug, title = 413, "request-entity-too-large", "Request too large"
    meaning = "The body of the request is too large."
    remedy = "Send less than 512 KiB. Nothing of the request was done."


class UnsupportedMediaType(Problem):
    status, slug, title = 415, "unsupported-media-type", "Not sent as JSON"
    meaning = "The request has a body, and its Content-Type does not say that it is JSON."
    remedy = "Send JSON with the header Content-Type: application/json."


class RangeNotSatisfiable(Problem):
    status, slug, title = 416, "range-not-satisfiable", "No such part of the file"
    meaning = "The Range header asks for a part that the file does not have."
    remedy = "Send the request without the Range header."


class Invalid(Problem):
    """One value of the body or of a parameter cannot be used, or several."""

    status, slug, title = 422, "invalid", "Values not usable"
    meaning = "The request can be read, but some of its values cannot be used. Nothing was changed."
    remedy = (
        "Correct each value that `errors` lists, all at once: `pointer` is where it stands, a JSON pointer"
        " into the body or the name of a parameter, and `detail` says what is expected."
    )

    def __init__(self, place: str, wrong: str, *further: Fault) -> None:
        """Raise with one fault, or several."""
        self.faults = [Fault(place, wrong), *further]
        told = [{"pointer": each.place, "detail": each.sentence} for each in self.faults[:MAX_TOLD]]
        more = len(self.faults) - len(told)
        said = [each["detail"] for each in told] + [f"{more} more values are wrong."] * bool(more)
        super().__init__(" ".join(said), errors=told)


class Faults:
    """Collects the faults of several values, so that one answer lists all of them."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Record an Invalid raised inside the block and continue after it."""
        try:
            yield
        except Invalid as refusal:
            self._found += refusal.faults

    def check(self) -> None:
        """Raises Invalid if there are faults."""
        if self._found:
            first, *further = self._found
            raise Invalid(*first, *further)


class TooManyRequests(Problem):
    status, slug, title = 429, "too-many-requests", "Too many requests"
    meaning = "More requests of this kind came from your address or account than are allowed in the time."
    remedy = "Wait for the seconds in the Retry-After header, then send the request again."


class InternalError(Problem):
    status, slug, title = 500, "internal-error", "Our mistake"
    meaning = "Something failed on our side. The request's changes were rolled back."
    remedy = "Try again later. If it happens again, tell us the request_id: it finds the failure in our logs."


class Unavailable(Problem):
    """A dependency does not answer. A later retry can succeed."""

    status, slug, title = 503, "unavailable", "Temporarily unavailable"
    meaning = "A service that we depend on, such as the database, does not answer. Nothing was lost."
    remedy = "Send the same request again after the seconds in the Retry-After header."

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class NothingToDo(Problem):
    status, slug, title = 409, "nothing-to-do", "Nothing to do"
    meaning = "The object is in a state in which it cannot be retried or discarded."
    remedy = "Read its state and last error with a GET of the same path before you try again."
