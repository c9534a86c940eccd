"""Which requests are public and cost much: they have threads of their own, so that others keep theirs."""

import re
from urllib.parse import unquote

_TARGET = re.compile(rb"[A-Z]+ (?:https?://[^/ ]*)?([^ ?#]*)")
_PATH = re.compile(r"/(?:coach(?:/(?!me(?:/|$)).*)?|booking/feed\.ics|docs.*|openapi\.json|problems.*)/?")
"""What anybody may list, search and read without a sign-in."""


def is_public_read(request: bytes) -> bool:
    """Whether a request, by its first line, is one of them, however its path is spelled."""
    target = _TARGET.match(request)
    path = re.sub("/+", "/", unquote(target[1])) if target else ""
    return _PATH.fullmatch(path) is not None
