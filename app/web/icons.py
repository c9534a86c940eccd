"""Bootstrap's icons, drawn inside the page: no further request, no font."""

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup

_SYMBOL = re.compile(r'<symbol [^>]*id="([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


@cache
def icon(name: str) -> Markup:
    """The icon with this name, such as `calendar-check`; screen readers skip it. Raises KeyError."""
    return Markup(  # noqa: S704 - the package's drawing, by a name of ours
        '<svg class="icon" viewBox="0 0 16 16" width="1em" height="1em" fill="currentColor"'
        f' aria-hidden="true" focusable="false">{_drawings()[name]}</svg>'
    )


@cache
def _drawings() -> dict[str, str]:
    path = files("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
    return {name: drawing.strip() for name, drawing in _SYMBOL.findall(path.read_text(encoding="utf-8"))}
