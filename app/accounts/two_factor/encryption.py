"""Encrypts secrets that are stored in the database, under keys derived from SECRET_KEY."""

from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.config.settings import current_settings


def encrypt(text: str, owner: UUID) -> str:
    """Encrypt a text for one owner. Moved to another owner's row, it cannot be decrypted."""
    return _cipher(owner).encrypt(text.encode()).decode()


def decrypt(sealed_text: str, owner: UUID) -> str | None:
    """Decrypt with whichever key fits. None if the text was altered or its key was removed."""
    try:
        return _cipher(owner).decrypt(sealed_text.encode()).decode()
    except InvalidToken:
        return None


def _cipher(owner: UUID) -> MultiFernet:
    """Encrypts with the first key and decrypts with any of them."""
    keys = [_key(secret.get_secret_value(), owner) for secret in current_settings().secret_keys]
    return MultiFernet([Fernet(key) for key in keys])


def _key(secret: str, owner: UUID) -> bytes:
    """Derive a key with HKDF (RFC 5869). Purpose and owner are part of the derivation."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"second factor of " + owner.bytes)
    return urlsafe_b64encode(derived.derive(secret.encode()))
