"""Access rules: every view declares who may call it. A view without a rule refuses every request."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app, g, request
from jwt import ExpiredSignatureError, PyJWTError
from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from app.accounts import cookies, jwt_keys, tokens
from app.accounts.models import Account, Role, SignIn
from app.config.environment import Environment
from app.config.settings import current_settings
from app.extensions import db, now
from app.http import bearer, pages
from app.http.access_rule import Rule
from app.http.problems import Forbidden, Unauthorized
from app.observability import context

View = TypeVar("View", bound=Callable[..., Any])

OWN_ACCOUNT = ("/auth/", "/my/security")
"""Routes below these paths manage the caller's own account only."""
_OF_TOKEN = (
    SignIn.id == bindparam("sign_in_id"),
    SignIn.revoked_at.is_(None),
    Account.deactivated_at.is_(None),
    Account.id == bindparam("account_id"),
)
_SIGNED_IN = select(Account).join(SignIn, SignIn.account_id == Account.id).where(*_OF_TOKEN)
"""Built once: each request of a signed-in caller executes it."""
_SIGN_IN = select(SignIn).join(SignIn.account).options(contains_eager(SignIn.account)).where(*_OF_TOKEN)
"""The same for a visitor, whose sign-in is renewed."""


class SecondFactorRequired(Forbidden):
    slug, title = "second-factor-required", "Second factor required"
    meaning = "Administrators need a second factor for this."
    remedy = (
        "Turn it on: `POST /auth/second-factor` with your password, then `POST /auth/second-factor/confirm`"
        " with a code."
    )


def signed_in(*roles: Role) -> Callable[[View], View]:
    """Allow callers with one of these roles, or every signed-in caller if no role is named."""

    def mark(view: View) -> View:
        view.__dict__["access"] = Rule(frozenset(roles or Role))
        return view

    return mark


def check() -> None:
    """Before each request: find the caller and refuse what the view's rule does not allow."""
    if request.endpoint is None or request.method == "OPTIONS":  # Flask answers, no view is called
        return
    rule: Rule | None = getattr(current_app.view_functions[request.endpoint], "access", None)
    if rule is None:
        raise Forbidden("This route declares no access rule.")
    if rule.roles is None:
        return
    g.account = _visitor() if pages.is_page() else _caller()
    context.actor.set(f"account:{g.account.id}")
    if g.account.role not in rule.roles:
        allowed = " or ".join(_one(role) for role in sorted(rule.roles))
        raise Forbidden(f"Only {allowed} may do this; you are signed in as {_one(g.account.role)}.")
    if _wants_second_factor(g.account) and not request.path.startswith(OWN_ACCOUNT):
        raise SecondFactorRequired(
            "An administrator needs a second factor. Turn one on: POST /auth/second-factor with your"
            " password, then POST /auth/second-factor/confirm with a code of your app."
        )


def _one(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def current_account() -> Account:
    account: Account = g.account
    return account


def is_signed_in() -> bool:
    """Whether the rule admitted this request's caller."""
    return "account" in g


def current_sign_in_id() -> UUID:
    return UUID(g.claims["sid"])


def optional_sign_in_id() -> UUID | None:
    """The sign-in of a caller who sends an access token to a public view; None without a token.

    Raises Unauthorized for an invalid token, as other views do.
    """
    if "Authorization" not in request.headers:
        return None
    _caller()
    return current_sign_in_id()


def _wants_second_factor(account: Account) -> bool:
    in_production = current_settings().app_env is Environment.PRODUCTION
    return in_production and account.role is Role.ADMIN and not account.second_factor


def _caller() -> Account:
    """The account of the access token. Role and state are read from the database, not from the token."""
    g.claims = claims = _claims()
    account = db.session.scalar(_SIGNED_IN, _whose(claims))
    if account is None:
        raise Unauthorized("This sign-in has ended. Log in again.")
    return account


def _visitor() -> Account:
    """The account of the browser's cookie, which is renewed while it is used."""
    g.claims = claims = cookies.claims()
    sign_in = db.session.scalar(_SIGN_IN, _whose(claims))
    if sign_in is None or sign_in.created_at < now() - tokens.SIGN_IN_LASTS:
        raise Unauthorized("This sign-in has ended. Sign in again.")
    cookies.renew(sign_in, claims)
    return sign_in.account


def optional_account() -> Account | None:
    """The account of a visitor who is signed in, on a public page. None for others. Raises StaleForm."""
    if "account" not in g:
        try:
            g.account = _visitor()
        except Unauthorized:
            return None
    return current_account()


def _whose(claims: dict[str, Any]) -> dict[str, UUID]:
    return {"sign_in_id": UUID(claims["sid"]), "account_id": UUID(claims["sub"])}


def _claims() -> dict[str, Any]:
    """The claims of the access token that was sent. Raises Unauthorized."""
    sent = bearer.token()
    if sent is None:
        raise Unauthorized("Send an access token: Authorization: Bearer <token from POST /auth/login>.")
    try:
        claims = jwt_keys.verified(sent)
    except ExpiredSignatureError:
        raise Unauthorized("The access token has expired. Refresh it with POST /auth/refresh.") from None
    except PyJWTError:
        raise Unauthorized("The access token is not valid. Log in again.") from None
    tokens.check(claims, "access")
    return claims
