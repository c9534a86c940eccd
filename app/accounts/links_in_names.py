"""Finds links in names: names of strangers appear in mails, where a program must not link them."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from unicodedata import category, normalize

from app.unicode_text import without_hidden_characters

_LINK = re.compile(r":\s*[/\\]{2}|\bwww\.|\bhxxps?:|\bmailto:|\b\d+(?:\.\d+){3}\b")
"""URL schemes (also in disguised spellings) and IP addresses."""
_DOTS = str.maketrans("\u3002", ".")
"""Characters that stand for the dot of a domain after normalisation (UTS 46, 2.3)."""
_PUNYCODE = "xn--"


def has_link(name: str) -> bool:
    """Whether a mail program might make a link of the text: a scheme, www., or a domain such as evil.com.

    A domain is a dot between two words of which the second is a top-level domain: "Dr.Müller" and "Ph.D" are
    no links. Full-width letters and invisible characters are normalised first.
    """
    plain = normalize("NFKC", name).translate(_DOTS).casefold()
    return any(_is_link(text) for text in (plain, without_hidden_characters(plain)))


def _is_link(text: str) -> bool:
    if _LINK.search(text):
        return True
    words = "".join(each if _is_of_a_domain(each) else " " for each in text).split()
    return any(_has_domain(word) for word in words)


def _is_of_a_domain(character: str) -> bool:
    return category(character)[0] in "LMN" or character in "-."


def _has_domain(word: str) -> bool:
    labels = [label.strip("-") for label in word.split(".")]
    return any(
        before and {_ascii(end), _ascii(_without_marks(end))} & _ends() for before, end in pairwise(labels)
    )


def _without_marks(label: str) -> str:
    """The label without combining marks, such as a keycap, behind which a program may end a link."""
    return "".join(each for each in label if category(each)[0] != "M")


def _ascii(label: str) -> str:
    """The ASCII form that the DNS uses: xn--p1ai for рф."""
    return label if label.isascii() else _PUNYCODE + label.encode("punycode").decode()


@cache
def _ends() -> frozenset[str]:
    """All top-level domains of IANA's list. A newer one is rare, and `www.` is recognised in any case."""
    listed = Path(__file__).with_name("top_level_domains.txt").read_text().splitlines()
    return frozenset(each for each in listed if not each.startswith("#"))
