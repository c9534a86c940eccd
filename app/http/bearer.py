"""Bearer tokens in the Authorization header. The scheme is case-insensitive (RFC 9110, 11.1)."""

from flask import request

SCHEME = "Bearer"


def token() -> str | None:
    """The token after `Bearer`; None without one or with another scheme."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return sent.strip(" ") or None if scheme.lower() == SCHEME.lower() else None
