"""The keys of access and refresh tokens: the first of JWT_SECRET_KEY signs, each verifies what it signed.

A token names its key (`kid`, RFC 7515, 4.1.4), as the library verifies with one key and does not try several.
"""

from hashlib import sha256
from typing import Any

from app.config.settings import current_settings
from app.extensions import jwt


def install() -> None:
    """Have the library take the keys from the settings at work."""
    jwt.encode_key_loader(_newest)
    jwt.additional_headers_loader(_named)
    jwt.decode_key_loader(_that_signed)


def _newest(_identity: str) -> str:
    return _keys()[0]


def _named(_identity: str) -> dict[str, str]:
    return {"kid": _name(_keys()[0])}


def _that_signed(header: dict[str, Any], _claims: dict[str, Any]) -> str:
    """The key that a token names; another, which will not fit, for one of a key that is gone.

    A token without a name is from before keys had any, when there was one: now the oldest.
    """
    keys = _keys()
    return {_name(key): key for key in keys}.get(header.get("kid", ""), keys[-1])


def _keys() -> list[str]:
    return [key.get_secret_value() for key in current_settings().jwt_secret_keys]


def _name(key: str) -> str:
    """Tells keys apart, and nothing else of them."""
    return sha256(f"name of {key}".encode()).hexdigest()[:16]
