"""White space in variables: stripped at the ends, refused inside."""

import unicodedata
from typing import Any

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
"""Unicode categories of invisible characters: controls, formats, surrogates, separators."""
_QUOTES = {'""', "''", "\u201c\u201d", "\u2018\u2019", "``"}
_NAMES = {"\t": "a tab", "\xa0": "a non-breaking space", " ": "a space"} | dict.fromkeys(
    "\n\r\v\f\x85\u2028\u2029", "a line break"
)


def stripped(value: str) -> str:
    """The text without invisible characters at its ends: spaces, line breaks, a byte order mark."""
    begin, end = 0, len(value)
    while begin < end and _is_unseen(value[begin]):
        begin += 1
    while begin < end and _is_unseen(value[end - 1]):
        end -= 1
    return value[begin:end]


def parts(value: str) -> list[str]:
    """The values of a comma-separated list, stripped, without empty ones."""
    return [found for part in value.split(",") if (found := stripped(part))]


def without_blanks(values: Any) -> Any:
    """The mapping with each text stripped. An empty variable counts as unset."""
    if not isinstance(values, dict):
        return values
    found = {name: stripped(value) if isinstance(value, str) else value for name, value in values.items()}
    return {name: value for name, value in found.items() if value != ""}


def refuse_hidden(value: str, *, spaces: bool) -> None:
    """Raises ValueError for invisible characters inside, and for spaces unless `spaces` allows them."""
    for sign in value:
        if _is_unseen(sign) and not (spaces and sign == " "):
            remedy = " (in a URL write %20)" if sign == " " else ""
            raise ValueError(f"has {_name(sign)} inside: remove it{remedy}")


def refuse_quoted(value: str) -> None:
    """Raises ValueError for a text in quotation marks, which `docker --env-file` leaves where they are."""
    if len(value) > 1 and value[0] + value[-1] in _QUOTES:
        raise ValueError("has quotation marks around it: remove them")


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


def _name(sign: str) -> str:
    return _NAMES.get(sign) or f"an invisible character (U+{ord(sign):04X})"
