"""Security headers and CORS."""

import re
from functools import partial

from flask import Flask, Response, request
from flask_cors import CORS

from app.config.choices import HstsScope
from app.config.environment import Environment
from app.config.settings import Settings

_OF_JSON = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}
_HTTPS_ONLY = {
    HstsScope.HOST: "max-age=63072000",
    HstsScope.SUBDOMAINS: "max-age=63072000; includeSubDomains",
    HstsScope.PRELOAD: "max-age=63072000; includeSubDomains; preload",
}
"""For two years."""


def page_policy(script: str = "") -> str:
    """The Content-Security-Policy of a page; `script` is the hash of its inline script."""
    return (
        f"default-src 'none'; script-src 'self' {script}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )


def of_json(settings: Settings) -> dict[str, str]:
    """The headers of a JSON answer to a caller without credentials."""
    in_production = settings.app_env is Environment.PRODUCTION
    https = {"Strict-Transport-Security": _HTTPS_ONLY[settings.hsts_scope]} if in_production else {}
    return _ALWAYS | {"Content-Security-Policy": _OF_JSON} | https


def init_app(app: Flask, settings: Settings) -> None:
    if settings.cors_origins:
        CORS(
            app,
            origins=[_exactly(origin) for origin in settings.cors_origins],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
            expose_headers=[
                "X-Request-ID",
                "Retry-After",
                "Idempotent-Replayed",
                "ETag",
                "Content-Disposition",
            ],
            max_age=600,
        )
    app.after_request(_harden)
    if settings.app_env is Environment.PRODUCTION:
        app.after_request(partial(_only_https, _HTTPS_ONLY[settings.hsts_scope]))


def _exactly(origin: str) -> re.Pattern[str]:
    """Escaped origins: Flask-CORS reads a bracket or a star as a pattern, as in an IPv6 address."""
    return re.compile(re.escape(origin) + r"\Z")


def _harden(response: Response) -> Response:
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if "frame-ancestors *" in response.headers.get("Content-Security-Policy", ""):
        del response.headers["X-Frame-Options"]
    policy = page_policy() if response.mimetype == "text/html" else _OF_JSON
    response.headers.setdefault("Content-Security-Policy", policy)
    if "Authorization" in request.headers or request.path.startswith("/auth/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _only_https(policy: str, response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", policy)
    return response
