"""Access and refresh tokens that nobody of us made, made in every way that somebody might."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from flask import Flask

from app.config.settings import settings_of
from tests.people import Person

Claims = dict[str, Any]
LEFT_OUT = ["sub", "sid", "exp", "jti", "type"]


@pytest.fixture
def claims(client: Person) -> Claims:
    """Those of a token that is good."""
    found: Claims = jwt.decode(client.token, options={"verify_signature": False})
    return found


def key(app: Flask) -> str:
    return settings_of(app).jwt_secret_keys[0].get_secret_value()  # type: ignore[no-any-return]


def opens(http: httpx.Client, token: str) -> set[int]:
    """What a route and the exchange for new tokens say."""
    asked = http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    return {asked.status_code, http.post("/auth/refresh", json={"refresh_token": token}).status_code}


def test_a_token_made_with_our_key_as_we_make_it_is_good(app: Flask, client: Person, claims: Claims) -> None:
    """Else the others would be refused for another reason."""
    assert 200 in opens(client.http, jwt.encode(claims, key(app), "HS256"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_no_other_algorithm_is_taken(app: Flask, client: Person, claims: Claims, algorithm: str) -> None:
    signed_with = None if algorithm == "none" else key(app)

    assert opens(client.http, jwt.encode(claims, signed_with, algorithm)) == {401}


@pytest.mark.parametrize("other", ["x" * 32, "", "development-only"])
def test_no_other_key_is_taken(client: Person, claims: Claims, other: str) -> None:
    assert opens(client.http, jwt.encode(claims, other or "\0" * 32, "HS256")) == {401}


@pytest.mark.parametrize("name", LEFT_OUT)
@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_no_claim_may_be_left_out(app: Flask, client: Person, claims: Claims, name: str, kind: str) -> None:
    claims["type"] = kind
    del claims[name]

    assert opens(client.http, jwt.encode(claims, key(app), "HS256")) == {401}


TOMORROW = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
OTHERWISE: list[Claims] = [
    *({"sub": other} for other in (str(uuid4()), "x", None)),
    *({"sid": other} for other in (str(uuid4()), "x", 5)),
    {"jti": 5},
    {"exp": 1},
    {"exp": "x"},
    {"type": "admin"},
    {"nbf": TOMORROW},
]


@pytest.mark.parametrize("other", OTHERWISE, ids=lambda other: next(iter(other)))
def test_no_claim_may_say_otherwise(app: Flask, client: Person, claims: Claims, other: Claims) -> None:
    for kind in ("access", "refresh"):
        token = jwt.encode(claims | {"type": kind} | other, key(app), "HS256")
        assert opens(client.http, token) == {401}


def test_a_role_in_a_token_is_not_believed(app: Flask, client: Person, claims: Claims) -> None:
    token = jwt.encode(claims | {"role": "admin", "is_admin": True}, key(app), "HS256")

    assert client.http.get("/admin/email", headers={"Authorization": f"Bearer {token}"}).status_code == 403
