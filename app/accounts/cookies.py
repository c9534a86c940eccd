"""Sign-ins of browsers: one HttpOnly cookie with a token that only pages accept.

The row of the sign-in is read on every request, so a sign-in ends at once wherever it is ended. The token is
renewed while it is used. No refresh token is involved, so pages open side by side cannot use one twice.
"""

from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from uuid import uuid4

from flask import Flask, Response, current_app, g, request
from flask_jwt_extended import create_access_token, set_access_cookies, unset_jwt_cookies
from jwt import PyJWTError

from app import audit
from app.accounts import devices, jwt_keys, tokens
from app.accounts.models import Account, SignIn
from app.config.environment import Environment
from app.config.settings import Settings
from app.extensions import db, now
from app.http.problems import Forbidden, Unauthorized
from app.observability import context

RENEWED_AFTER = 24 * 3600
"""Seconds after which a token that is used is replaced."""
CSRF_FIELD = "csrf_token"
READING = {"GET", "HEAD", "OPTIONS"}
KIND = "page"
"""The type of the token: no JSON route accepts it, and no page accepts another."""


class StaleForm(Forbidden):
    slug, title = "stale-form", "Form out of date"
    meaning = "The form was opened before you signed in again, or did not come from our page."
    remedy = "Load the page again, then send the form once more."


def init_app(app: Flask, settings: Settings) -> None:
    """In production the name begins with `__Host-`: no other host can set the cookie (RFC 6265bis, 4.1.3)."""
    is_secure = settings.app_env is Environment.PRODUCTION
    app.config |= {
        "JWT_ACCESS_COOKIE_NAME": "__Host-visitor" if is_secure else "visitor",
        "JWT_COOKIE_SECURE": is_secure,
        "JWT_COOKIE_SAMESITE": "Lax",
        "JWT_CSRF_IN_COOKIES": False,
    }
    app.after_request(_write)


def begin(account: Account) -> None:
    """Start a sign-in in this browser. The answer sets the cookie."""
    sign_in = SignIn(id=uuid4(), account=account, refresh_jti=str(uuid4()), created_at=now())
    db.session.add(sign_in)
    context.actor.set(f"account:{account.id}")
    audit.record("sign_in.begin", f"account:{account.id}")
    _issue(sign_in, {})


def forget() -> None:
    """Let the answer remove the cookie."""
    g.cookie = None


def claims() -> dict[str, Any]:
    """The claims of the cookie's token. Raises Unauthorized, and StaleForm for a form without CSRF token."""
    sent = request.cookies.get(current_app.config["JWT_ACCESS_COOKIE_NAME"], "")
    try:
        found = jwt_keys.verified(sent)
    except PyJWTError as error:
        raise Unauthorized("Sign in to see this page.") from error
    tokens.check(found, KIND)
    if request.method not in READING and not compare_digest(_csrf_token(), found["csrf"].encode()):
        raise StaleForm("This form is out of date. Load the page again, then send it once more.")
    return found


def _csrf_token() -> bytes:
    """What a form sends, or a script of ours as a header."""
    return (request.headers.get("X-CSRF-TOKEN") or request.form.get(CSRF_FIELD, "")).encode(errors="replace")


def renew(sign_in: SignIn, found: dict[str, Any]) -> None:
    """Renew a token that is older than a day. Forms that are open keep their CSRF token."""
    if now().timestamp() - found["iat"] > RENEWED_AFTER:
        _issue(sign_in, {"csrf": found["csrf"]})


def _issue(sign_in: SignIn, more: dict[str, str]) -> None:
    sign_in.last_used_at, sign_in.device, sign_in.network = now(), devices.device(), devices.network()
    ends = sign_in.created_at + tokens.SIGN_IN_LASTS - now()
    claims = {"sid": str(sign_in.id), "type": KIND, **more}
    lasts = min(tokens.REFRESH_LASTS, ends)
    g.cookie = create_access_token(str(sign_in.account.id), expires_delta=lasts, additional_claims=claims)
    g.cookie_ends = datetime.now(UTC) + lasts


def _write(response: Response) -> Response:
    if "cookie" not in g or response.status_code >= 500:
        return response
    if g.cookie is None:
        unset_jwt_cookies(response)
    else:
        seconds = int((g.cookie_ends - datetime.now(UTC)).total_seconds())
        set_access_cookies(response, g.cookie, max_age=seconds)
    return response
