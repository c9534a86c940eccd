"""Access, refresh and e-mail verification tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from jwt import PyJWTError
from sqlalchemy import select

from app import audit, context
from app.accounts.models import Account, SignIn
from app.config import current_settings
from app.extensions import db, now
from app.problems import Invalid, Unauthorized

VERIFICATION_LASTS = timedelta(days=3)


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token is good for."""
    token_type: str = "Bearer"  # noqa: S105


def signed_in(account: Account) -> TokenPair:
    """A new sign-in and its first tokens."""
    sign_in = SignIn(id=uuid4(), account=account)
    db.session.add(sign_in)
    context.actor.set(f"account:{account.id}")
    audit.record("sign_in.begin", f"account:{account.id}")
    return _issue(sign_in)


def refreshed(refresh_token: str) -> TokenPair | None:
    """New tokens for a refresh token, which is spent by this.

    None when it was spent before: whoever holds the family then, thief or owner, is signed out, and the
    caller must commit that. Raises Unauthorized for a token that is not one of ours.
    """
    claims = _claims(refresh_token)
    sign_in = db.session.scalar(select(SignIn).where(SignIn.id == UUID(claims["sid"])).with_for_update())
    if sign_in is None or sign_in.revoked_at:
        raise Unauthorized("This sign-in has ended. Log in again.")
    if sign_in.refresh_jti != claims["jti"]:
        sign_in.revoked_at = now()
        audit.record("sign_in.reuse", f"account:{sign_in.account_id}", "a refresh token was sent twice")
        return None
    return _issue(sign_in)


def _issue(sign_in: SignIn) -> TokenPair:
    subject, family = str(sign_in.account.id), {"sid": str(sign_in.id)}
    refresh_token = create_refresh_token(subject, additional_claims=family)
    sign_in.refresh_jti = decode_token(refresh_token)["jti"]
    return TokenPair(
        access_token=create_access_token(subject, additional_claims=family),
        refresh_token=refresh_token,
        expires_in=int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"]),
    )


def _claims(refresh_token: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = decode_token(refresh_token)
    except (PyJWTError, JWTExtendedException):
        raise Unauthorized("The refresh token is not valid. Log in again.") from None
    check(claims, "refresh")
    return claims


def check(claims: dict[str, Any], kind: str) -> None:
    """Raises Unauthorized for a token that says less, or else, than those of this kind that we make."""
    try:
        UUID(claims["sid"]), UUID(claims["sub"])
        whole = claims["type"] == kind and "exp" in claims and bool(claims["jti"])
    except (KeyError, ValueError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise Unauthorized(f"This is not a token of ours for this, which wants one of type {kind}.")


def verification(account: Account) -> str:
    """The token in the verification mail: good for three days and for this address only."""
    return _serializer().dumps([str(account.id), account.email])


def verify(token: str) -> Account:
    """The account whose address the token proves. Raises Invalid when it is altered, old or used."""
    try:
        account_id, email = _serializer().loads(token, max_age=int(VERIFICATION_LASTS.total_seconds()))
    except SignatureExpired:
        raise Invalid("/token", "has expired: ask for a new link") from None
    except BadSignature:
        raise Invalid("/token", "is not complete: copy the whole link from the mail") from None
    account = db.session.scalar(select(Account).where(Account.id == UUID(account_id)).with_for_update())
    if account is None or account.email != email or account.email_verified:
        raise Invalid("/token", "was used already")
    account.email_verified_at = now()
    audit.record("account.verify", f"account:{account.id}")
    return account


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_keys, salt="email verification")
