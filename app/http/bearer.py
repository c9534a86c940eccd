"""Tokens in the Authorization header. The name of its scheme is read in any case (RFC 9110, 11.1)."""

from flask import request

SCHEME = "Bearer"


def token() -> str | None:
    """What is sent behind Bearer; None where nothing is, or another scheme."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return sent.strip(" ") or None if scheme.lower() == SCHEME.lower() else None


def spell_scheme() -> None:
    """Write the scheme of this request as Flask-JWT-Extended wants it, which takes one spelling."""
    sent = token()
    if sent is not None:
        request.environ["HTTP_AUTHORIZATION"] = f"{SCHEME} {sent}"
