"""Access rules: every view declares who may call it. A view without a rule refuses every request."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, current_app, g, request
from flask_jwt_extended import get_jwt, verify_jwt_in_request
from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import Account, Role, SignIn
from app.config.environment import Environment
from app.config.settings import current_settings
from app.extensions import db, jwt
from app.http import bearer
from app.http.access_rule import Rule
from app.http.problems import Forbidden, Unauthorized
from app.observability import context

View = TypeVar("View", bound=Callable[..., Any])

OWN_ACCOUNT = "/auth/"
"""Routes below this path manage the caller's own account only."""


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
    g.account = _caller()
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
    return UUID(get_jwt()["sid"])


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
    bearer.spell_scheme()
    verify_jwt_in_request()
    tokens.check(get_jwt(), "access")
    account = db.session.scalar(
        select(Account)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(
            SignIn.id == current_sign_in_id(),
            SignIn.revoked_at.is_(None),
            Account.deactivated_at.is_(None),
            Account.id == UUID(get_jwt()["sub"]),
        )
    )
    if account is None:
        raise Unauthorized("This sign-in has ended. Log in again.")
    return account


@jwt.unauthorized_loader
def _without_token(_: str) -> Response:
    return Unauthorized(
        "Send an access token: Authorization: Bearer <token from POST /auth/login>."
    ).response()


@jwt.invalid_token_loader
def _with_bad_token(_: str) -> Response:
    return Unauthorized("The access token is not valid. Log in again.").response()


@jwt.expired_token_loader
def _with_old_token(_header: dict[str, Any], _claims: dict[str, Any]) -> Response:
    return Unauthorized("The access token has expired. Refresh it with POST /auth/refresh.").response()
