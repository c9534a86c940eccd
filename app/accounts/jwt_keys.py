"""Signing keys of access and refresh tokens: the first key of JWT_SECRET_KEY signs, each of them verifies.

A token names its key (`kid`, RFC 7515, 4.1.4), so that it is verified with one key only.
"""

from hashlib import sha256
from typing import Any

from jwt import decode, get_unverified_header

from app.config.settings import current_settings
from app.extensions import jwt

ALGORITHM = "HS256"


def install() -> None:
    """Make Flask-JWT-Extended, which makes the tokens, take its key from the current settings."""
    jwt.encode_key_loader(_newest)
    jwt.additional_headers_loader(_named)


def verified(token: str) -> dict[str, Any]:
    """The claims of a token of ours. Raises PyJWTError for any other, and for one that has expired.

    Flask-JWT-Extended would decode it four times, which takes longer than to read the account.
    """
    key = _that_signed(get_unverified_header(token))
    claims: dict[str, Any] = decode(token, key, algorithms=[ALGORITHM])
    return claims


def _newest(_identity: str) -> str:
    return _keys()[0]


def _named(_identity: str) -> dict[str, str]:
    return {"kid": _name(_keys()[0])}


def _that_signed(header: dict[str, Any]) -> str:
    """The key that a token names. For a removed key it is another one, with which verification fails.

    A token without `kid` was signed before keys had names: the oldest key verifies it.
    """
    keys = _keys()
    return {_name(key): key for key in keys}.get(header.get("kid", ""), keys[-1])


def _keys() -> list[str]:
    return [key.get_secret_value() for key in current_settings().jwt_secret_keys]


def _name(key: str) -> str:
    """The `kid` of a key: a digest that reveals nothing else of it."""
    return sha256(f"name of {key}".encode()).hexdigest()[:16]
