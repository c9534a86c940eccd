"""Names stand in mails to people who never heard of their bearers: no mail program may make a link of one."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from unicodedata import category, normalize

from app.unicode_text import without_hidden_characters

_LINK = re.compile(r":\s*[/\\]{2}|\bwww\.|\bhxxps?:|\bmailto:|\b\d+(?:\.\d+){3}\b")
"""Schemes, also as they are written to be no link, and addresses of machines."""
_DOTS = str.maketrans("\u3002", ".")
"""What a domain may be written with besides a dot, once it is normalised (UTS 46, 2.3)."""
_PUNYCODE = "xn--"


def has_link(name: str) -> bool:
    """Whether a mail program might make a link of it: a scheme, www., or a domain such as evil.com.

    A domain is a dot between two words of which the second is one of the Internet's ends: of "Dr.Müller" and
    "Ph.D" nobody makes a link. Written in full width, or with what draws nothing inside, it is read alike.
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
    return any(before and _ascii(end) in _ends() for before, end in pairwise(labels))


def _ascii(label: str) -> str:
    """As the DNS spells it: xn--p1ai for рф."""
    return label if label.isascii() else _PUNYCODE + label.encode("punycode").decode()


@cache
def _ends() -> frozenset[str]:
    """All top-level domains, of IANA's own list: a new one is rare, and a link all the same with www."""
    listed = Path(__file__).with_name("top_level_domains.txt").read_text().splitlines()
    return frozenset(each for each in listed if not each.startswith("#"))
