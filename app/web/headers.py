"""Security headers of pages: no inline script or style, no foreign host, no frame."""

from flask import Response, g

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""Bootstrap draws its check marks and arrows as `data:` pictures."""


def harden(response: Response) -> Response:
    """Browsers send an Origin header with forms only if the referrer policy allows it to our own pages."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", policy())
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store" if "account" in g else "private, no-cache")
        response.vary.add("Cookie")
    return response


def policy(**changes: str) -> str:
    """The Content-Security-Policy, with changed directives: `policy(frame_ancestors="*")`."""
    directives = _POLICY | {name.replace("_", "-"): sources for name, sources in changes.items()}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
