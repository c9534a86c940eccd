"""Public requests that cost much. They have their own threads, so a flood of them delays nothing else."""

import re
from urllib.parse import unquote

from gunicorn.util import split_request_uri

_PATH = re.compile(
    r"/|/(?:coach(?:/(?!me(?:/|$)).*)?|embed/.*|sitemap\.xml"
    r"|booking/feed\.ics|docs.*|openapi\.json|problems.*)/?"
)
"""Paths that list, search or show something without a sign-in."""


def is_public_read(request: bytes) -> bool:
    """Whether the first line of a request names such a path, in whatever spelling."""
    target = request.decode("latin-1").partition(" ")[2].partition(" ")[0]
    try:
        named = split_request_uri(target).path  # as gunicorn reads it: a URL of any scheme is a path, too
    except ValueError:
        return False  # gunicorn refuses it
    return _PATH.fullmatch(re.sub("/+", "/", unquote(named))) is not None
