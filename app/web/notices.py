"""What a form did, said once on the page that follows: `Your hours are saved.`"""

from flask import Response, g, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response as Redirect

from app.config.environment import Environment
from app.config.settings import current_settings

_COOKIE = "notice"
_SHOWN_WITHIN = 60
"""Seconds."""


def redirect_with(notice: str, url: str) -> Redirect:
    """Send the browser to a page that says this once."""
    answer = redirect(url, 303)
    answer.set_cookie(
        _COOKIE,
        _signer().dumps(notice),
        max_age=_SHOWN_WITHIN,
        secure=current_settings().app_env is Environment.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )
    return answer


def notice() -> str | None:
    """The notice that this page shows; the cookie is then removed."""
    sent = request.cookies.get(_COOKIE)
    if sent is None:
        return None
    g.notice_shown = True
    try:
        return str(_signer().loads(sent, max_age=_SHOWN_WITHIN))
    except BadSignature:
        return None


def remove_shown(response: Response) -> Response:
    if g.get("notice_shown"):
        response.delete_cookie(_COOKIE, httponly=True, samesite="Lax")
    return response


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_keys, salt="notice of a page")
