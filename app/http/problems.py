"""Problem, which every refusal is, and the kinds that any route may answer (RFC 9457)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from flask import Response, json

from app.observability.context import request_id
from app.validation_errors import Fault

MAX_TOLD = 50
"""Of the values that are wrong: an answer must not be larger than what was sent."""
KINDS: "dict[str, type[Problem]]" = {}
"""By their slug: all that there are, once the application is made."""
_SAID_OF_EACH = ("slug", "title", "meaning", "remedy")


class Problem(Exception):
    """A refusal that the caller can read. Subclasses stand beside the code that raises them.

    A kind of its own has a slug, which no other has; GET /problems/{slug} shows what else it says of itself.
    `extra` becomes further members of the answer, `headers` its headers.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]
    """A few words that any problem of this kind may be headed with."""
    meaning: ClassVar[str]
    """What has happened."""
    remedy: ClassVar[str]
    """What the caller can do about it."""
    counts_as_failure: ClassVar[bool] = False
    """Whether something wrong was sent as a password, a code or a token: so many are too many."""

    def __init_subclass__(cls) -> None:
        """A kind is complete, or there is no such class."""
        if "slug" not in vars(cls) and cls.__base__ is not Problem:
            return  # of its parent's kind
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
    remedy = "Sign in as somebody who may: `detail` says who. Repeating the request changes nothing."


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
    meaning = "The body of the request is larger than anything that can be meant."
    remedy = "Send less than 512 KiB. Nothing of the request was done."


class UnsupportedMediaType(Problem):
    status, slug, title = 415, "unsupported-media-type", "Not sent as JSON"
    meaning = "The request has a body, and its Content-Type does not say that it is JSON."
    remedy = "Send JSON with the header Content-Type: application/json."


class RangeNotSatisfiable(Problem):
    status, slug, title = 416, "range-not-satisfiable", "No such part of the file"
    meaning = "The Range header asks for a part that the file does not have."
    remedy = "Ask without the Range header."


class Invalid(Problem):
    """One value of the body or of a parameter cannot be used, or several."""

    status, slug, title = 422, "invalid", "Values not usable"
    meaning = "The request can be read, but some of its values cannot be used. Nothing was changed."
    remedy = (
        "Correct each value that `errors` lists, all at once: `pointer` is where it stands, a JSON pointer"
        " into the body or the name of a parameter, and `detail` says what is wanted."
    )

    def __init__(self, place: str, wrong: str, *further: Fault) -> None:
        """A Fault of this place, and what else is wrong."""
        self.faults = [Fault(place, wrong), *further]
        told = [{"pointer": each.place, "detail": each.sentence} for each in self.faults[:MAX_TOLD]]
        more = len(self.faults) - len(told)
        said = [each["detail"] for each in told] + [f"{more} more values are wrong."] * bool(more)
        super().__init__(" ".join(said), errors=told)


class Faults:
    """Gathers what is wrong with several values, so that a caller hears of all in one answer."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Takes note of an Invalid that is raised inside, and goes on behind."""
        try:
            yield
        except Invalid as refusal:
            self._found += refusal.faults

    def check(self) -> None:
        """Raises Invalid if anything was wrong."""
        if self._found:
            first, *further = self._found
            raise Invalid(*first, *further)


class TooManyRequests(Problem):
    status, slug, title = 429, "too-many-requests", "Too many requests"
    meaning = "More requests of this kind came from your address or account than are allowed in the time."
    remedy = "Wait as many seconds as the Retry-After header says, then send the request again."


class InternalError(Problem):
    status, slug, title = 500, "internal-error", "Our mistake"
    meaning = "Something failed on our side that should not have. What the request began was undone."
    remedy = "Try again later. If it happens again, tell us the request_id: it finds the failure in our logs."


class Unavailable(Problem):
    """Something we depend on does not answer; asking again later will do."""

    status, slug, title = 503, "unavailable", "Out of order for a moment"
    meaning = "Something that we depend on, such as the database, does not answer. Nothing was lost."
    remedy = "Send the same request again after as many seconds as the Retry-After header says."

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class NothingToDo(Problem):
    status, slug, title = 409, "nothing-to-do", "Nothing to do"
    meaning = "What an operator asked to have done again, or given up, is in no state in which that can be."
    remedy = "Look at its state and last error, which GET of the same path shows, before you ask again."
