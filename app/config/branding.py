"""Settings of the pages' look: the colour and the logo of an installation."""

import re
from pathlib import Path

_COLOR = re.compile(r"#[0-9a-f]{6}")
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
MAX_LOGO = 200 * 1024
"""Bytes. Every page shows the logo."""


def color(value: str) -> str:
    """The colour in lower case. Raises ValueError."""
    if not _COLOR.fullmatch(value.lower()):
        raise ValueError("must be a colour such as #1d6b6e")
    return value.lower()


def logo_file(value: str) -> str:
    """The absolute path of a picture. Raises ValueError."""
    path = Path(value).absolute()
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise ValueError("must be a file that can be read") from error
    if path.suffix.lower() not in LOGO_TYPES or not 0 < size <= MAX_LOGO:
        kinds = ", ".join(kind.removeprefix(".") for kind in LOGO_TYPES)
        raise ValueError(f"must be a picture ({kinds}) of {MAX_LOGO // 1024} KiB at most")
    return str(path)
