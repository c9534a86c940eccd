"""Password hashes: argon2id at OWASP's first choice (Password Storage Cheat Sheet).

The library's own choice, 64 MiB in four lanes, takes eight times the processor: two thousand sign-ins a
minute held up everybody else for tens of seconds, and 16 threads of them would need a gigabyte.
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

from app.http.problems import Unavailable

PASSES, KIBIBYTES, LANES = 2, 19 * 1024, 1
AT_ONCE = 2
"""Hashes in one process: more would be done no sooner, and take processors and memory from the others."""
MAX_WAITING = 2
"""In one process, each in one of its eight threads (gunicorn.conf.py). Where a hash ends the next one begins,
and half of the threads stay with everybody who does something else."""
NICENESS = 10
"""Of the threads that hash, which step back for all others: with two thousand sign-ins a minute on two busy
processors the webhook answered within 16 ms (6 ms alone), and without this within a second."""
COME_AGAIN = range(1, 4)
"""Seconds, by chance: those who came together do not come together again."""

Answer = TypeVar("Answer")


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere a whole process is nice or not
        with suppress(OSError):  # where it is forbidden, all hash as quickly as before
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


_places = BoundedSemaphore(AT_ONCE + MAX_WAITING)
_hashing = ThreadPoolExecutor(AT_ONCE, "hashing", _stand_back)  # no process forks once it has hashed
_hasher = PasswordHasher(PASSES, KIBIBYTES, LANES)
_nobodys_hash = _hasher.hash("the password of nobody")


class TooManyAtOnce(Unavailable):
    slug, title = "too-many-passwords", "Too many sign-ins at once"
    meaning = (
        "So many people send passwords at this moment that yours could not be looked at. Nothing was changed."
    )
    remedy = "Send the same request again after as many seconds as the Retry-After header says."


def normalised(password: str) -> str:
    """The same for every keyboard that can type it (NIST SP 800-63B, 3.1.1.2)."""
    return normalize("NFKC", password)


def hashed(password: str) -> str:
    """Raises TooManyAtOnce; whatever the caller has changed by then must be rolled back."""
    return _in_turn(partial(_hasher.hash, normalised(password)))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes as long for an account that does not exist (None).

    Raises TooManyAtOnce, for either, before it has looked.
    """
    try:
        right = _in_turn(partial(_hasher.verify, password_hash or _nobodys_hash, normalised(password)))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def outdated(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


def _in_turn(work: Callable[[], Answer]) -> Answer:
    """What it answers, once it is the caller's turn. Raises TooManyAtOnce where enough wait for theirs."""
    if not _places.acquire(blocking=False):
        seconds = random.choice(COME_AGAIN)  # noqa: S311 - not a secret
        raise TooManyAtOnce(
            "Too many people send passwords at this moment. Yours was not looked at, and nothing was changed:"
            f" send the request again in {seconds} s.",
            seconds,
        )
    try:
        return _hashing.submit(work).result()
    finally:
        _places.release()
