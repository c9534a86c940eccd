"""Access and refresh tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from flask_jwt_extended import create_access_token, create_refresh_token
from jwt import PyJWTError
from sqlalchemy import select

from app import audit
from app.accounts import devices, jwt_keys
from app.accounts.models import Account, SignIn
from app.extensions import db, now
from app.http.problems import Unauthorized
from app.observability import context

REFRESH_LASTS = timedelta(days=30)
SIGN_IN_LASTS = timedelta(days=90)
"""The longest sign-in, however often it is refreshed. Then the person logs in again."""


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds for which the access token is valid."""
    token_type: str = "Bearer"  # noqa: S105


def signed_in(account: Account) -> TokenPair:
    """Start a sign-in; return its first tokens."""
    sign_in = SignIn(id=uuid4(), account=account)
    db.session.add(sign_in)
    context.actor.set(f"account:{account.id}")
    audit.record("sign_in.begin", f"account:{account.id}")
    return _issue(sign_in)


def refreshed(refresh_token: str) -> TokenPair | None:
    """Exchange a refresh token for new tokens.

    None if it was used before: the whole family is then revoked, for thief and owner alike, and the caller
    must commit that. Raises Unauthorized for a token that is not ours.
    """
    claims = _claims(refresh_token)
    sign_in = db.session.scalar(select(SignIn).where(SignIn.id == UUID(claims["sid"])).with_for_update())
    if sign_in is None or sign_in.revoked_at or sign_in.created_at < now() - SIGN_IN_LASTS:
        raise Unauthorized("This sign-in has ended. Log in again.")
    if sign_in.refresh_jti != claims["jti"]:
        sign_in.revoked_at, sign_in.device, sign_in.network = now(), None, None
        audit.record("sign_in.reuse", f"account:{sign_in.account_id}", "a refresh token was used twice")
        return None
    return _issue(sign_in)


def _issue(sign_in: SignIn) -> TokenPair:
    subject, family = str(sign_in.account.id), {"sid": str(sign_in.id)}
    refresh_token = create_refresh_token(subject, additional_claims=family)
    sign_in.refresh_jti = jwt_keys.verified(refresh_token)["jti"]
    sign_in.last_used_at, sign_in.device, sign_in.network = now(), devices.device(), devices.network()
    return TokenPair(
        access_token=create_access_token(subject, additional_claims=family),
        refresh_token=refresh_token,
        expires_in=int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"]),
    )


def _claims(refresh_token: str) -> dict[str, Any]:
    try:
        claims = jwt_keys.verified(refresh_token)
    except PyJWTError:
        raise Unauthorized("The refresh token is not valid. Log in again.") from None
    check(claims, "refresh")
    return claims


def check(claims: dict[str, Any], kind: str) -> None:
    """Raises Unauthorized for a token whose claims are not those of this kind of token."""
    try:
        UUID(claims["sid"]), UUID(claims["sub"])
        whole = claims["type"] == kind and "exp" in claims and bool(claims["jti"])
    except (KeyError, ValueError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise Unauthorized(f"This is not the right token: this route needs one of type {kind}.")
