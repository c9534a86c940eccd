"""Password hashes: argon2id at OWASP's first choice (Password Storage Cheat Sheet).

The library's default, 64 MiB in four lanes, takes eight times the processor time: two thousand sign-ins a
minute delayed all other requests by tens of seconds, and 16 threads would need a gigabyte.
"""

import os
import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import BoundedSemaphore, get_native_id
from typing import TypeVar
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.config.threads import THREADS
from app.http.problems import Unavailable

PASSES, KIBIBYTES, LANES = 2, 19 * 1024, 1
AT_ONCE = 2
"""Concurrent hashes of one process. More would not finish sooner, and would take processors and memory."""
MAX_WAITING = THREADS // 2 - AT_ONCE
"""Hashes of one process that wait for their turn. Half of the threads are left for other requests."""
NICENESS = 10
"""Niceness of the hashing threads. With two thousand sign-ins a minute on two busy processors the webhook
answered within 16 ms (6 ms alone), without it within a second."""
COME_AGAIN = range(1, 4)
"""Range of Retry-After in seconds, drawn at random so that clients do not return at the same time."""

Answer = TypeVar("Answer")


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere niceness applies to whole processes
        with suppress(OSError):  # without the permission, hash at normal priority
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


_places = BoundedSemaphore(AT_ONCE + MAX_WAITING)
_hashing = ThreadPoolExecutor(AT_ONCE, "hashing", _stand_back)  # no process forks after it has hashed
_hasher = PasswordHasher(PASSES, KIBIBYTES, LANES)
_nobodys_hash = _hasher.hash("a password of no account")


class TooManyAtOnce(Unavailable):
    slug, title = "too-many-passwords", "Too many sign-ins at once"
    meaning = "The server is checking too many passwords at the moment to check yours. Nothing was changed."
    remedy = "Send the same request again after the seconds in the Retry-After header."


def normalised(password: str) -> str:
    """The normalised password, equal for every keyboard that can type it (NIST SP 800-63B, 3.1.1.2)."""
    return normalize("NFKC", password)


def hashed(password: str) -> str:
    """Hash a password. Raises TooManyAtOnce; the caller must roll back its earlier changes."""
    return _in_turn(partial(_hasher.hash, normalised(password)))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes as long for an account that does not exist (None).

    Raises TooManyAtOnce, in both cases, before it checks.
    """
    try:
        right = _in_turn(partial(_hasher.verify, password_hash or _nobodys_hash, normalised(password)))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def outdated(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


def _in_turn(work: Callable[[], Answer]) -> Answer:
    """Run `hashing` when it is the caller's turn. Raises TooManyAtOnce if too many wait already."""
    if not _places.acquire(blocking=False):
        seconds = random.choice(COME_AGAIN)  # noqa: S311 - not a secret
        raise TooManyAtOnce(
            "Too many passwords are being checked at the moment. Nothing was changed:"
            f" send the request again in {seconds} s.",
            seconds,
        )
    try:
        return _hashing.submit(work).result()
    finally:
        _places.release()
