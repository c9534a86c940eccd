"""Files of the pages: stylesheets, scripts and the logo. Their addresses change with their content."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from flask import Response, request, send_file, send_from_directory, url_for

from app.config.branding import LOGO_TYPES
from app.config.settings import current_settings
from app.http.access_rule import public
from app.http.pages import Pages
from app.http.problems import NotFound
from app.web import theme

assets = Pages("assets", __name__)
FOLDER = Path(str(files("app.web") / "static"))
_FOREVER = "public, max-age=31536000, immutable"
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a logo that somebody opens by itself: an SVG file may hold scripts."""


def asset(name: str) -> str:
    """The address of a file of app/web/static."""
    return url_for("assets.show_file", name=name, v=_digest(name))


def theme_address() -> str:
    css = theme.stylesheet(current_settings().site_color)
    return url_for("assets.show_theme", v=sha256(css.encode()).hexdigest()[:12])


def logo_address() -> str | None:
    """None without SITE_LOGO_FILE."""
    return url_for("assets.show_logo") if current_settings().site_logo_file else None


@assets.get("/static/<path:name>")
@public
def show_file(name: str) -> Response:
    answer = send_from_directory(FOLDER, name, max_age=3600)
    if request.args.get("v") == _digest(name):
        answer.headers["Cache-Control"] = _FOREVER
    return answer


@assets.get("/theme.css")
@public
def show_theme() -> Response:
    answer = Response(theme.stylesheet(current_settings().site_color), mimetype="text/css")
    answer.headers["Cache-Control"] = _FOREVER if "v" in request.args else "public, max-age=3600"
    return answer


@assets.get("/logo")
@public
def show_logo() -> Response:
    """The picture of SITE_LOGO_FILE. Raises NotFound without one."""
    path = current_settings().site_logo_file
    if path is None:
        raise NotFound("There is no logo.")
    kind = LOGO_TYPES[Path(path).suffix.lower()]
    answer = send_file(path, mimetype=kind, max_age=3600)
    answer.headers["Content-Security-Policy"] = _SVG_POLICY
    return answer


@cache
def _digest(name: str) -> str:
    return sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
