import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Account
from app.config.settings import settings_of
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from tests.people import PASSWORD, Person

ADA: dict[str, Any] = {
    "email": "Ada@Example.com",
    "password": PASSWORD,
    "name": "Ada Lovelace",
    "role": "coach",
    "time_zone": "Europe/London",
}


def register(http: httpx.Client, **changes: Any) -> httpx.Response:
    return http.post("/auth/register", json=ADA | changes)


def test_a_new_account_is_answered_without_its_password(http: httpx.Client) -> None:
    answer = register(http)

    assert answer.status_code == 201
    account = answer.json()
    assert account["email"] == "ada@example.com"
    assert account["name"] == "Ada Lovelace"
    assert account["role"] == "coach"
    assert account["email_verified"] is False
    assert not any("password" in field for field in account)


def test_a_client_in_utc_is_what_one_becomes_unless_told(http: httpx.Client) -> None:
    person = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}

    account = http.post("/auth/register", json=person).json()

    assert (account["role"], account["time_zone"]) == ("client", "UTC")


def test_the_password_is_kept_as_a_hash_only(app: Flask, http: httpx.Client) -> None:
    register(http)

    account = db.session.scalars(select(Account)).one()

    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash


def test_a_mail_with_a_link_to_our_own_page_waits_in_the_outbox(app: Flask, http: httpx.Client) -> None:
    register(http)

    mail = db.session.scalars(select(Email)).one()
    (link,) = re.findall(r"https?://\S+", mail.text_body)

    assert (mail.kind, mail.recipient, mail.status) == (
        "verify_address",
        "ada@example.com",
        EmailStatus.QUEUED,
    )
    assert link.startswith(f"{settings_of(app).public_url}/auth/verify?token=")
    assert link.replace("&", "&amp;") in mail.html_body
    assert http.get(urlsplit(link).path, params=parse_qs(urlsplit(link).query)).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-address"),
        ("email", "a" * 250 + "@example.com"),
        ("email", "ada@example.com\nBcc: everybody@example.com"),
        ("email", "jürgen@example.com"),
        ("password", "short"),
        ("password", "too short"),
        ("password", "correct horse " * 10),
        ("password", "password123"),
        ("password", "Ada@example.com"),
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 121),
        ("name", "Ada\nBcc: everybody@example.com"),
        ("name", "Ada\u2028Lovelace"),
        ("name", "Ada\x85Lovelace"),
        ("name", 5),
        ("role", "admin"),
        ("role", "owner"),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../../etc/passwd"),
        ("email_verified_at", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_value_that_cannot_be_used_is_pointed_at(http: httpx.Client, field: str, value: object) -> None:
    answer = register(http, **{field: value})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]


def test_everything_that_is_missing_is_named_at_once(http: httpx.Client) -> None:
    answer = http.post("/auth/register", json={})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/email", "/name", "/password"]


def test_names_from_anywhere_are_kept_as_they_are(http: httpx.Client) -> None:
    answer = register(http, name="  Nguyễn Thị 美咲 O'Brien 👩🏽‍🏫 ")

    assert answer.json()["name"] == "Nguyễn Thị 美咲 O'Brien 👩🏽‍🏫"


def test_an_international_domain_is_kept_as_mail_servers_spell_it(http: httpx.Client) -> None:
    account = register(http, email="Ada@Straße.example.com").json()

    assert account["email"] == "ada@xn--strae-oqa.example.com"
    assert Person.signed_in(http, "ada@straße.example.com", PASSWORD).id == account["id"]
