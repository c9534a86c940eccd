"""What `flask doctor` says of one thing that it looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`remedy` says what to do, and is empty when all is well."""

    subject: str
    seen: str
    remedy: str = ""
