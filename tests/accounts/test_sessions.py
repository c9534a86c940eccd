import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask
from flask_jwt_extended import create_access_token, create_refresh_token
from sqlalchemy import select, update

from app.accounts.jwt_keys import verified
from app.accounts.models import SignIn
from app.extensions import db, now
from tests.people import PASSWORD, Person


def login(http: httpx.Client, email: str, password: str) -> httpx.Response:
    return http.post("/auth/login", json={"email": email, "password": password})


def refresh(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/auth/refresh", json={"refresh_token": token})


def me(http: httpx.Client, token: str) -> httpx.Response:
    return http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})


def test_login_gives_a_pair_of_tokens_that_work(client: Person) -> None:
    tokens = login(client.http, client.email, PASSWORD).json()

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 900
    assert me(client.http, tokens["access_token"]).json()["id"] == client.id
    assert refresh(client.http, tokens["refresh_token"]).status_code == 200


def test_the_address_may_be_written_in_any_case(client: Person) -> None:
    assert login(client.http, client.email.upper(), PASSWORD).status_code == 200


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(client: Person) -> None:
    wrong = login(client.http, client.email, "not the password")
    unknown = login(client.http, "nobody@example.com", PASSWORD)

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert wrong.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"] == "Bearer"


def test_the_password_of_nobody_opens_nothing(http: httpx.Client) -> None:
    assert login(http, "nobody@example.com", "the password of nobody").status_code == 401


def test_a_refresh_token_is_spent_on_a_new_pair(client: Person) -> None:
    pair = refresh(client.http, client.refresh_token).json()

    assert pair["refresh_token"] != client.refresh_token
    assert me(client.http, pair["access_token"]).status_code == 200
    assert refresh(client.http, pair["refresh_token"]).status_code == 200


def test_a_refresh_token_spent_twice_ends_the_whole_sign_in(client: Person) -> None:
    pair = refresh(client.http, client.refresh_token).json()

    assert refresh(client.http, client.refresh_token).status_code == 401

    assert refresh(client.http, pair["refresh_token"]).status_code == 401
    assert me(client.http, pair["access_token"]).status_code == 401
    assert me(client.http, client.token).status_code == 401


def test_the_end_of_one_sign_in_leaves_the_others(client: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    assert client.post("/auth/logout").status_code == 204

    assert client.get("/auth/me").status_code == 401
    assert refresh(client.http, client.refresh_token).status_code == 401
    assert elsewhere.get("/auth/me").status_code == 200


def test_all_sign_ins_can_be_ended_at_once(client: Person, coach: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    assert client.ask("DELETE", "/auth/sign-in").status_code == 204

    for ended in (client, elsewhere):
        assert ended.get("/auth/me").status_code == 401
        assert refresh(ended.http, ended.refresh_token).status_code == 401
    assert coach.get("/auth/me").status_code == 200
    assert login(client.http, client.email, PASSWORD).status_code == 200


def test_a_refresh_token_opens_no_route_and_an_access_token_refreshes_nothing(client: Person) -> None:
    assert me(client.http, client.refresh_token).status_code == 401
    assert refresh(client.http, client.token).status_code == 401
    assert client.get("/auth/me").status_code == 200


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_an_altered_token_is_refused(client: Person, part: int) -> None:
    parts = client.token.split(".")
    parts[part] = parts[part][:-4] + "AAAA"

    assert me(client.http, ".".join(parts)).status_code == 401


def test_a_token_signed_by_nobody_is_refused(client: Person) -> None:
    _, claims, _ = client.token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")

    assert me(client.http, f"{header}.{claims}.").status_code == 401
    assert refresh(client.http, f"{header}.{claims}.").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic Zm9v", "Bearer a b", "Bearer a.b.c"])
def test_a_header_that_holds_no_token_is_a_401_that_says_what_to_send(
    http: httpx.Client, header: str
) -> None:
    answer = http.get("/auth/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_expired_tokens_are_refused(app: Flask, client: Person) -> None:
    family, gone = {"sid": verified(client.token)["sid"]}, timedelta(seconds=-1)
    access = create_access_token(client.id, expires_delta=gone, additional_claims=family)
    again = create_refresh_token(client.id, expires_delta=gone, additional_claims=family)

    answer = me(client.http, access)

    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]
    assert refresh(client.http, again).status_code == 401


def test_a_sign_in_belongs_to_one_account(app: Flask, client: Person, coach: Person) -> None:
    family = {"sid": verified(client.token)["sid"]}

    assert me(client.http, create_access_token(coach.id, additional_claims=family)).status_code == 401


def test_a_sign_in_ends_in_time_however_often_it_is_refreshed(client: Person) -> None:
    def days_old(days: int) -> None:
        began = now() - timedelta(days=days) + timedelta(minutes=1)
        db.session.execute(update(SignIn).where(SignIn.account_id == client.id).values(created_at=began))
        db.session.commit()

    days_old(90)
    pair = refresh(client.http, client.refresh_token).json()
    days_old(91)

    refused = refresh(client.http, pair["refresh_token"])

    assert (refused.status_code, "Log in again" in refused.json()["detail"]) == (401, True)
    assert login(client.http, client.email, PASSWORD).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_scheme_of_a_token_is_read_in_any_case(client: Person, scheme: str) -> None:
    """RFC 9110, 11.1."""
    for path in ("/auth/me", "/booking"):
        answer = client.http.get(path, headers={"Authorization": f"{scheme} {client.token}"})
        assert answer.status_code == 200
    assert client.http.get("/auth/me", headers={"Authorization": f"basic {client.token}"}).status_code == 401


def sessions_of(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = person.get("/auth/session").json()["items"]
    return items


def test_one_sees_one_s_sign_ins_and_ends_another(http: httpx.Client) -> None:
    first = Person.registered(http, "client")
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko Firefox/140.0"
    person = {"email": first.email, "password": PASSWORD}
    second = http.post("/auth/login", json=person, headers={"User-Agent": agent}).json()

    newest, oldest = sessions_of(first)
    assert (newest["device"], newest["network"]) == ("Firefox on Windows", "127.0.0.0/24")
    assert (newest["current"], oldest["current"]) == (False, True)
    assert first.ask("DELETE", f"/auth/session/{newest['id']}").status_code == 204

    assert me(http, second["access_token"]).status_code == 401
    assert refresh(http, second["refresh_token"]).status_code == 401
    assert [each["current"] for each in sessions_of(first)] == [True]
    assert first.ask("DELETE", f"/auth/session/{newest['id']}").status_code == 404


def test_nobody_ends_another_s_sign_in(client: Person, coach: Person) -> None:
    (theirs,) = sessions_of(coach)

    assert client.ask("DELETE", f"/auth/session/{theirs['id']}").status_code == 404
    assert coach.get("/auth/me").status_code == 200


@pytest.mark.parametrize(("began", "used"), [(31, 31), (91, 1)])
def test_what_can_get_no_tokens_any_more_is_not_listed(client: Person, began: int, used: int) -> None:
    Person.signed_in(client.http, client.email, PASSWORD)
    (mine,) = [each for each in sessions_of(client) if each["current"]]
    ago = {"created_at": now() - timedelta(days=began), "last_used_at": now() - timedelta(days=used)}
    db.session.execute(update(SignIn).where(SignIn.id != UUID(mine["id"])).values(**ago))
    db.session.commit()

    assert [each["id"] for each in sessions_of(client)] == [mine["id"]]


def test_what_is_kept_of_the_device_goes_with_the_sign_in(client: Person) -> None:
    assert client.post("/auth/logout").status_code == 204

    (ended,) = db.session.scalars(select(SignIn).where(SignIn.account_id == UUID(client.id)))
    assert (ended.device, ended.network) == (None, None)
