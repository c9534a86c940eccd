"""Public requests that cost much. They have their own threads, so a flood of them delays nothing else."""

import re
from urllib.parse import unquote

_TARGET = re.compile(rb"[A-Z]+ (?:https?://[^/ ]*)?([^ ?#]*)")
_PATH = re.compile(r"/(?:coach(?:/(?!me(?:/|$)).*)?|booking/feed\.ics|docs.*|openapi\.json|problems.*)/?")
"""Paths that list, search or show something without a sign-in."""


def is_public_read(request: bytes) -> bool:
    """Whether the first line of a request names such a path, in whatever spelling."""
    target = _TARGET.match(request)
    path = re.sub("/+", "/", unquote(target[1])) if target else ""
    return _PATH.fullmatch(path) is not None
