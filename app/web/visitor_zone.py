"""The time zone in which a visitor reads times: chosen on a page, kept in a cookie, or the browser's own.

The cookie holds the name of a zone only. Scripts of ours write it, so they can read it.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from flask import Response, request
from markupsafe import Markup, escape

from app import time_zones
from app.accounts.access import optional_account
from app.config.environment import Environment
from app.config.settings import current_settings

COOKIE = "zone"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class VisitorZone:
    zone: ZoneInfo
    is_guessed: bool
    """Whether the visitor never chose it: the browser's own is better."""

    @property
    def name(self) -> str:
        return self.zone.key


def of_visitor(chosen: str | None, otherwise: str) -> VisitorZone:
    """The zone that was chosen on this page, else the cookie's, the account's, or another."""
    kept = request.cookies.get(COOKIE, "")
    if chosen or time_zones.is_known(kept):
        return VisitorZone(time_zones.zone(chosen or kept), is_guessed=False)
    account = optional_account()
    if account:
        return VisitorZone(time_zones.zone(account.time_zone), is_guessed=False)
    return guessed(None, otherwise)


def guessed(chosen: str | None, otherwise: str) -> VisitorZone:
    """The zone that was chosen on this page, or another. Reads no cookie."""
    return VisitorZone(time_zones.zone(chosen or otherwise), is_guessed=chosen is None)


def remember(response: Response, zone: str) -> None:
    response.set_cookie(
        COOKIE,
        zone,
        max_age=_YEAR,
        secure=current_settings().app_env is Environment.PRODUCTION,
        samesite="Lax",
    )


def options(chosen: str) -> Markup:
    """The options of a select, in groups by region, with one chosen."""
    plain = f'<option value="{escape(chosen)}">'
    marked = plain.removesuffix(">") + " selected>"
    known = _options()
    if plain in known:
        return Markup(known.replace(plain, marked, 1))  # noqa: S704 - names of tzdata
    return Markup(f"{marked}{escape(chosen)}</option>{known}")  # noqa: S704 - names of tzdata


@cache
def _options() -> str:
    regions: dict[str, list[str]] = {}
    for name in _places():
        regions.setdefault(name.partition("/")[0], []).append(name)
    groups = (
        f'<optgroup label="{region}">{"".join(map(_option, names))}</optgroup>'
        for region, names in regions.items()
    )
    return '<option value="UTC">UTC</option>' + "".join(groups)


def _option(name: str) -> str:
    return f'<option value="{name}">{name.replace("_", " ")}</option>'


def _places() -> list[str]:
    """The zones that tzdata's list of countries names: one for each place, without former names."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return sorted(name for _, _, name, *_ in rows if time_zones.is_known(name))
