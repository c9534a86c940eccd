"""Rules for new passwords: long enough and not easily guessed. All characters are allowed."""

import re
from itertools import chain

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.accounts.password_hashing import normalised
from app.http.problems import Invalid

SHORTEST, LONGEST = 10, 128
LEAST_REPEATED = 5
"""A password that repeats fewer characters than this, such as 121212121212, counts as that short."""

_COMMON = frozenset(chain(["culturebridge"], *FREQUENCY_LISTS.values()))
"""94,000 common passwords, words and names, from the zxcvbn package."""
_DECORATED = re.compile(r"[\W\d_]{0,4}(.*?)[\W\d_]{0,4}", re.DOTALL)
"""A word with a few digits or signs around it, such as Password123!"""


def check(password: str, pointer: str, email: str, name: str) -> None:
    """Check a new password. Raises Invalid, at `pointer`, for one that this person may not choose."""
    if found := wrong(password, email, name):
        raise Invalid(pointer, found)


def wrong(password: str, email: str, name: str) -> str | None:
    """What is wrong with a password, or None. `email` and `name` may be empty."""
    length = len(normalised(password))
    if length < SHORTEST:
        return f"must have {SHORTEST} characters or more"
    if length > LONGEST:
        return f"must have {LONGEST} characters or fewer"
    likely = _likely(password)
    if likely & {_folded(email), _folded(email.partition("@")[0]), _folded(name)}:
        return "must not be your e-mail address or your name"
    if likely & _COMMON or min(map(len, likely)) < LEAST_REPEATED:
        return "is too common and easily guessed: choose another"
    return None


def _likely(password: str) -> set[str]:
    """The password, and its core without repetition or decoration if that is most of it."""
    whole = _folded(password)
    decorated = _DECORATED.fullmatch(whole)
    assert decorated, "the pattern fits every text"
    plain = decorated[1] if 2 * len(decorated[1]) >= len(whole) else whole
    return {whole, plain, _repeated(whole), _repeated(plain)}


def _repeated(text: str) -> str:
    """The shortest text that this one repeats, or the text itself."""
    return text[: (text + text).find(text, 1)]


def _folded(text: str) -> str:
    return normalised(text).casefold()
