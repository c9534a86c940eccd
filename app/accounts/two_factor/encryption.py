"""What must be read again and yet not lie open in the database: encrypted under keys made of SECRET_KEY."""

from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.config.settings import current_settings


def encrypt(text: str, owner: UUID) -> str:
    """The text as only we can read it, and only as this owner's: moved to another's row, it is no good."""
    return _cipher(owner).encrypt(text.encode()).decode()


def decrypt(sealed_text: str, owner: UUID) -> str | None:
    """What was encrypted, under whichever of our keys. None when it was altered, or its key is gone."""
    try:
        return _cipher(owner).decrypt(sealed_text.encode()).decode()
    except InvalidToken:
        return None


def _cipher(owner: UUID) -> MultiFernet:
    """Seals with the first key, and opens with each."""
    keys = [_key(secret.get_secret_value(), owner) for secret in current_settings().secret_keys]
    return MultiFernet([Fernet(key) for key in keys])


def _key(secret: str, owner: UUID) -> bytes:
    """By HKDF (RFC 5869): what a key is for, and whose, is part of it."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"second factor of " + owner.bytes)
    return urlsafe_b64encode(derived.derive(secret.encode()))
