"""A finding of `flask doctor` about one subject."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`remedy` says what to do. It is empty if nothing is wrong."""

    subject: str
    seen: str
    remedy: str = ""
