"""Password hashes: argon2id at OWASP's first choice (Password Storage Cheat Sheet).

The library's own choice, 64 MiB in four lanes, takes eight times the processor: two thousand sign-ins a
minute held up everybody else for tens of seconds, and 16 threads of them would need a gigabyte.
"""

from threading import BoundedSemaphore
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSES, KIBIBYTES, LANES = 2, 19 * 1024, 1
AT_ONCE = BoundedSemaphore(2)
"""Hashes in one process: more would be done no sooner, and take processors and memory from the others."""

_hasher = PasswordHasher(PASSES, KIBIBYTES, LANES)
_nobodys_hash = _hasher.hash("the password of nobody")


def normalised(password: str) -> str:
    """The same for every keyboard that can type it (NIST SP 800-63B, 3.1.1.2)."""
    return normalize("NFKC", password)


def hashed(password: str) -> str:
    with AT_ONCE:
        return _hasher.hash(normalised(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes as long for an account that does not exist (None)."""
    try:
        with AT_ONCE:
            right = _hasher.verify(password_hash or _nobodys_hash, normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def outdated(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)
