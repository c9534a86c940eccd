"""How often one address, or one account, may ask; beyond that a 429 that says when to come back.

Counted in Redis, for all processes together; while it is away each process counts for itself.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from app.config.settings import Settings, current_settings
from app.extensions import limiter
from app.http.email_addresses import normalized
from app.http.problems import KINDS, Problem
from app.observability import context

View = TypeVar("View", bound=Callable[..., Any])
COUNT_BEGINS_ANEW = "X-RateLimit-Retry-After"
"""Where Flask-Limiter says so, whatever is answered."""


def init_app(app: Flask, settings: Settings) -> None:
    app.config |= {
        "RATELIMIT_STORAGE_URI": settings.redis_url,
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_KEY_PREFIX": "limits",
        "RATELIMIT_HEADERS_ENABLED": True,
        "RATELIMIT_HEADER_RETRY_AFTER_VALUE": "delta-seconds",
        "RATELIMIT_HEADER_RETRY_AFTER": COUNT_BEGINS_ANEW,
    }
    app.after_request(_tell_who_came_too_often)  # Flask calls the last one first
    limiter.init_app(app)


@limiter.request_filter
def _has_no_limit() -> bool:
    """Nothing is looked up for a view that names no limit, such as the webhook."""
    view = current_app.view_functions.get(request.endpoint or "")
    return not getattr(view, "is_limited", False)


def by_address(often: str) -> Callable[[View], View]:
    """At most so often from one address, such as `20 per hour`."""
    return _limited(often, _network, "Too many requests from your address.", exempt_when=_is_off)


def by_account(often: str) -> Callable[[View], View]:
    """At most so often by one account. For views that want somebody signed in."""
    return _limited(often, _account, "Too many requests of this kind by your account.", exempt_when=_is_off)


def by_failures(often: str) -> Callable[[View], View]:
    """At most so many wrong passwords or codes for one account from one address, and never off.

    The account is the caller's, or at a login the one whose address is sent.
    From elsewhere the account can still be signed in to, so nobody can lock others out.
    """
    return _limited(
        often, _address_and_account, "Too many wrong passwords or codes.", deduct_when=_was_refused
    )


def _limited(often: str, key: Callable[[], str], why: str, **when: Any) -> Callable[[View], View]:
    limit = limiter.limit(
        often, key_func=key, error_message=f"{why} Wait as long as Retry-After says.", **when
    )

    def mark(view: View) -> View:
        limited = limit(view)
        limited.__dict__["is_limited"] = True
        return limited  # type: ignore[return-value]

    return mark


def _tell_who_came_too_often(response: Response) -> Response:
    """Anybody else may come again when the answer itself says so, or at once."""
    seconds = response.headers.pop(COUNT_BEGINS_ANEW, None)
    if seconds and response.status_code == 429:
        response.headers.setdefault("Retry-After", seconds)
    return response


def _is_off() -> bool:
    settings = current_settings()
    return not settings.rate_limits


def _account() -> str:
    return str(g.account.id)


def _address_and_account() -> str:
    address = g.account.email if "account" in g else normalized(_email_sent()).lower()
    return f"{_network()} {hashlib.sha256(address.encode(errors='replace')).hexdigest()}"


def _email_sent() -> str:
    """Raises nothing, whatever was sent: Flask-Limiter would take it for a Redis that is away."""
    try:
        body = request.get_json(silent=True) if request.is_json else None
    except (HTTPException, Problem):
        return ""
    return str(body.get("email", "")).strip() if isinstance(body, dict) else ""


def _network() -> str:
    return context.network() or context.address.get()


def _was_refused(response: Response) -> bool:
    """By the answer, as some refusals are made by Flask's extensions and never raised here."""
    if response.status_code not in {401, 403}:
        return False
    slug = response.get_json()["type"].rpartition("/")[2]
    return KINDS[slug].counts_as_failure
