"""Joins the pages to the application: templates' functions, headers, refusals and files."""

from datetime import datetime

from flask import Flask, g
from flask_bootstrap import Bootstrap5
from jinja2.runtime import Undefined
from markupsafe import Markup

from app import time_zones, unicode_text
from app.accounts import access
from app.accounts.cookies import CSRF_FIELD, StaleForm
from app.accounts.models import Account
from app.config.settings import current_settings
from app.http import pages
from app.http.access_rule import public
from app.observability import context
from app.web import assets, cross_site, navigation, notices, refusals, time_filters
from app.web.blueprints import ROOMS
from app.web.icons import icon


def init_app(app: Flask) -> None:
    """Register the pages. Call it after all JSON routes."""
    app.config |= {"BOOTSTRAP_SERVE_LOCAL": True, "SEND_FILE_MAX_AGE_DEFAULT": 86400}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    public(app.view_functions["bootstrap.static"])
    app.jinja_env.globals.update(
        icon=icon,
        asset=assets.asset,
        theme_address=assets.theme_address,
        logo_address=assets.logo_address,
        site=current_settings,
        visitor=visitor,
        csrf_field=csrf_field,
        notice=notices.notice,
        navigation=navigation.links,
        request_id=context.request_id.get,
    )
    app.jinja_env.filters.update(
        isolate=_isolated, plain=unicode_text.isolate, initials=_initials, moment=_moment
    )
    app.jinja_env.filters.update(time_filters.FILTERS)
    app.register_error_handler(404, refusals.unknown_path)
    for room in ROOMS:
        app.register_blueprint(room)


def before_request() -> None:
    """What comes before the check of access."""
    cross_site.check()


def visitor() -> Account | None:
    """Who is signed in, for the header of a page. None while the database may be away."""
    refusal = pages.refusal()
    if refusal and refusal.status >= 500:
        return None
    try:
        return access.optional_account()
    except StaleForm:
        return None


def csrf_field() -> Markup:
    """The hidden field that each form of a signed-in visitor needs."""
    if visitor() is None:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, g.claims["csrf"])


def _isolated(text: str | Undefined) -> Markup:
    """Text that a person wrote: its direction does not affect the text around it."""
    return Markup("<bdi>{}</bdi>").format(unicode_text.without_bidi_controls(str(text)))


def _initials(name: str) -> str:
    """AL for Ada Lovelace; two letters at most."""
    words = [word for word in name.split() if word[0].isalnum()] or [name]
    return "".join(word[0] for word in [words[0], words[-1]][: len(words)]).upper()


def _moment(at: datetime, zone: str) -> str:
    """Tuesday 1 December 2026, 15:00 (Europe/Paris, UTC+01:00)"""
    return time_zones.moment(at, time_zones.zone(zone))
