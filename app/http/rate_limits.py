"""Rate limits of the routes, by address or account; above them a 429 with Retry-After.

Counted in Redis for all processes together. While Redis is away, each process counts for itself.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from limits import parse
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException

from app.config.settings import Settings, current_settings
from app.extensions import limiter
from app.http import pages
from app.http.email_addresses import normalized
from app.http.problems import KINDS, Problem
from app.observability import context

log = logging.getLogger(__name__)

REGISTER = "30 per hour"
LOGIN = "60 per minute"
"""Sign-ins from an address, right or wrong."""
WRONG_PASSWORDS = "10 per 15 minutes"
"""Wrong passwords or codes for an account from an address."""
VERIFY_ADDRESS = "60 per hour"
RESEND_VERIFICATION = "10 per hour"
FORGOT_PASSWORD = "30 per hour"  # noqa: S105 - a limit
RESET_PASSWORD = "60 per hour"  # noqa: S105 - a limit
CHANGE_PASSWORD = "10 per hour"  # noqa: S105 - a limit
TWO_FACTOR = "10 per hour"
"""Begin, end, and new recovery codes."""
CONFIRM_TWO_FACTOR = "30 per hour"
DEACTIVATE = "10 per hour"
ERASE = "10 per hour"
EXPORT = "10 per hour"
SEARCH_COACHES = "240 per minute"
LIST_SLOTS = "120 per minute"
SITEMAP = "20 per minute"
BOOK = "60 per minute"
BOOK_SERIES = "20 per minute; 60 per hour"
CANCEL = "120 per hour"
RESCHEDULE = "30 per hour"
RECORD_OUTCOME = "120 per hour"
CALENDAR_FEED = "30 per hour"
"""New links of the calendar feed, and its end."""
CHECKOUT = "60 per minute"
REFUND = "30 per hour"
ONBOARD_PAYOUTS = "20 per hour"
CHANGE = "60 per minute"
"""Every other change by an account, also by an operator."""

View = TypeVar("View", bound=Callable[..., Any])
NETWORKS_OF_A_SITE = 16
"""So many times the limit of one network applies to an IPv6 site: it may be a company, or one attacker."""
COUNT_BEGINS_ANEW = "X-RateLimit-Retry-After"
"""Flask-Limiter's headers, on every answer."""


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
    """Skip the limiter for a view without limits, such as the webhook."""
    view = current_app.view_functions.get(request.endpoint or "")
    return not getattr(view, "is_limited", False)


def by_address(often: str) -> Callable[[View], View]:
    """A limit per network address, such as `20 per hour`, and of IPv6 also per site."""
    why = "Too many requests from your address."
    one = _limited(often, _network, why, exempt_when=_is_off)
    site = _limited(_of_site(often), _site, why, exempt_when=lambda: _is_off() or not context.wide_network())
    return lambda view: site(one(view))


def by_account(often: str) -> Callable[[View], View]:
    """A limit per account, for views that require a sign-in."""
    return _limited(often, _account, "Too many requests of this kind by your account.", exempt_when=_is_off)


def by_failures(often: str) -> Callable[[View], View]:
    """A limit of wrong passwords or codes per account and address. It is never off.

    The account is the caller's, or at a login the one whose e-mail address is sent. Sign-in from other
    addresses stays possible, so an attacker cannot lock the owner out.
    """
    why = "Too many wrong passwords or codes."
    one = _limited(often, _address_and_account, why, deduct_when=_was_refused)
    of_site = {"exempt_when": lambda: not context.wide_network(), "deduct_when": _was_refused}
    site = _limited(_of_site(often), _site_and_account, why, **of_site)
    return lambda view: site(one(view))


def is_within(often: str, what: str, whose: str) -> bool:
    """Count an action against another person than the caller. Returns whether it is within the limit.

    Always true while Redis is away or limits are off.
    """
    if _is_off():
        return True
    try:
        return limiter.limiter.hit(parse(often), what, hashlib.sha256(whose.encode()).hexdigest())
    except RedisError:
        log.warning("%s: not counted, because Redis does not answer", what)
        return True


def _limited(often: str, key: Callable[[], str], why: str, **when: Any) -> Callable[[View], View]:
    limit = limiter.limit(
        often, key_func=key, error_message=f"{why} Wait for the seconds in Retry-After.", **when
    )

    def mark(view: View) -> View:
        limited = limit(view)
        limited.__dict__["is_limited"] = True
        return limited  # type: ignore[return-value]

    return mark


def _tell_who_came_too_often(response: Response) -> Response:
    """Remove Retry-After from answers that are no refusal of the limiter."""
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
    return f"{_network()} {_account_named()}"


def _site_and_account() -> str:
    return f"{_site()} {_account_named()}"


def _account_named() -> str:
    """The caller's account, or the one whose e-mail address is sent."""
    address = g.account.email if "account" in g else normalized(_email_sent()).lower()
    return hashlib.sha256(address.encode(errors="replace")).hexdigest()


def _email_sent() -> str:
    """Never raises, whatever was sent: Flask-Limiter would mistake an error for a Redis outage."""
    if pages.is_page():
        return request.form.get("email", "").strip()
    try:
        body = request.get_json(silent=True) if request.is_json else None
    except (HTTPException, Problem):
        return ""
    return str(body.get("email", "")).strip() if isinstance(body, dict) else ""


def _network() -> str:
    return context.network() or context.address.get()


def _site() -> str:
    return context.wide_network() or _network()


def _of_site(often: str) -> str:
    """A limit's text with the number of a whole IPv6 site in it."""
    number, _, rest = often.partition(" ")
    return f"{int(number) * NETWORKS_OF_A_SITE} {rest}"


def _was_refused(response: Response) -> bool:
    """Decide by the answer, because Flask's extensions produce some refusals; a page remembers its own."""
    if pages.is_page():
        shown = pages.refusal()
        return shown is not None and shown.counts_as_failure
    if response.status_code not in {401, 403}:
        return False
    slug = response.get_json()["type"].rpartition("/")[2]
    return KINDS[slug].counts_as_failure
