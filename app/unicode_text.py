"""Text that people write: its stored form, its search form, and isolation of its writing direction."""

import re
import unicodedata

_LINE_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (UAX #9). Left open, they change the direction of following text."""
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f]")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159")
"""Characters that Unicode counts as letters or symbols but that are invisible."""
_PLAIN_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "œ": "oe", "ŧ": "t"}  # noqa: RUF001
)
"""Letters that Unicode does not decompose but that people search for without their strokes."""
_APOSTROPHES = re.compile("['`\u00b4\u02b9\u02bb-\u02bf\u2018-\u201b\u2032\uff07]")
"""Signs that keyboards and programs write for one another inside a name, as in O'Brien."""
_WITHOUT_SPACES = re.compile(
    "([\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""Ideographs and kana: characters of scripts that write words of one or two characters without spaces."""
_VARIATION = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that select the form of the previous character, or only separate it."""
_JOINERS = frozenset("\u200c\u200d")
_BLACK_FLAG, _TAGS = "\U0001f3f4", range(0xE0020, 0xE0080)
MAX_TAGS = 32
"""Tag characters after one flag: regions have six at most, and the terminator."""
MAX_MARKS = 30
"""Marks on one letter (UAX #15, "Stream-Safe Text Format"): no language needs more."""
_MARKS_BY_DECOMPOSITION = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""Characters that are no marks but decompose to a mark first."""


def storable(text: str) -> str:
    """The text as PostgreSQL and UTF-8 can hold it: without NUL, and without half a surrogate pair."""
    return _UNSTORABLE.sub("\ufffd", text)


def has_too_many_marks(text: str) -> bool:
    """Whether a letter has too many marks to normalise the text: sorting them takes quadratic time.

    200,000 marks (half a megabyte) block a process for 90 seconds.
    """
    marks = 0
    for character in "" if text.isascii() else text:
        is_mark = unicodedata.combining(character) or character in _MARKS_BY_DECOMPOSITION
        marks = marks + 1 if is_mark else 0
        if marks > MAX_MARKS:
            return True
    return False


def normalize(text: str) -> str:
    """The text in Unicode's composed form (NFC), with LF line ends."""
    return _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))


def remove_direction_marks(text: str) -> str:
    """The text without LRM, RLM and ALM, which are copied along with names from right-to-left text."""
    return _DIRECTION_MARKS.sub("", text)


def is_visible(text: str) -> bool:
    """Whether the text shows anything besides blanks and marks."""
    return any(_is_visible(character) for character in text)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK_LETTERS


def has_hidden_characters(text: str) -> bool:
    """Whether the text holds format characters (category Cf) without a function in its script or emoji.

    Joiners work between letters of other scripts than Latin and within emoji, tags after a black flag.
    """
    return any(
        unicodedata.category(character) == "Cf" and not _is_needed(text, place)
        for place, character in enumerate(text)
    )


def without_hidden_characters(text: str) -> str:
    """The text as it appears: without format characters, variation marks and blank letters."""
    return "".join(character for character in text if not _draws_nothing(character))


def _draws_nothing(character: str) -> bool:
    return (
        unicodedata.category(character) == "Cf"
        or character in _BLANK_LETTERS
        or _VARIATION.match(character) is not None
    )


def _is_needed(text: str, place: int) -> bool:
    character, around = text[place], (text[max(place - 1, 0) : place], text[place + 1 : place + 2])
    if character in _JOINERS:
        return all(each and not each.isascii() and not each.isspace() for each in around)
    if ord(character) in _TAGS:
        before = text[max(place - MAX_TAGS, 0) : place].rstrip("".join(map(chr, _TAGS)))
        return before.endswith(_BLACK_FLAG)
    return False


def without_bidi_controls(text: str) -> str:
    """The text without characters that set the direction of following text."""
    return _BIDI_CONTROLS.sub("", text)


def lines(text: str) -> list[str]:
    """The text's lines, split at all of Unicode's line breaks: older stored text may not use LF."""
    return text.splitlines()


def isolate(text: str) -> str:
    """The text isolated, so that its right-to-left words do not reorder the text around it (UAX #9).

    Lines are isolated one by one because a line break ends an isolate. Left-to-right text stays as it is.
    """
    return "\n".join(map(_isolated_line, without_bidi_controls(text).split("\n")))


def _isolated_line(line: str) -> str:
    if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in line):
        return line
    return f"{_FIRST_STRONG_ISOLATE}{line}{_POP_ISOLATE}"


def search_form(text: str) -> str:
    """The search form: without case, accents, hidden characters and surplus blanks.

    "Lucía FERNÁNDEZ" and a decomposed "Lucía fernández" are both "lucia fernandez". Apostrophes do not count,
    and every dash is a blank: "Jean-Luc O'Neill" is "jean luc oneill". Ideographs and kana are words of their
    own: "李小龍" is "李 小 龍".
    """
    folded = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold()
    )
    plain = "".join(map(_searched, folded))
    spaced = _WITHOUT_SPACES.sub(r" \1 ", plain.translate(_PLAIN_LETTERS))
    return " ".join(spaced.split())


def _searched(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Mn", "Cf"}:
        return ""
    return " " if category == "Pd" else character
