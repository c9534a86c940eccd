"""Sign-in and sign-out in a browser."""

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import cookies
from app.accounts.models import SignIn
from app.extensions import db
from tests.people import PASSWORD, Person
from tests.web.visitor import HTML, Visitor


def test_a_client_signs_in_and_out(client: Person) -> None:
    visitor = Visitor(client.http)
    page = visitor.get("/sign-in").send("Sign in", email=client.email, password=PASSWORD)
    assert (page.status, page.path) == (200, "/")
    assert "Sign out" in page.text

    page = page.send("Sign out")

    assert "You are signed out." in page.text
    assert "Sign in" in page.text
    assert "You are signed out." not in visitor.get("/").text
    assert db.session.scalars(select(SignIn).order_by(SignIn.created_at.desc())).first().revoked_at


def test_a_wrong_password_is_said_and_the_address_kept(client: Person) -> None:
    page = Visitor(client.http).get("/sign-in").send("Sign in", email=client.email, password="wrong one")

    assert page.status == 422
    assert "The e-mail address or the password is wrong." in page.text
    assert f'value="{client.email}"' in page.html
    assert 'role="alert"' in page.html


def test_a_missing_value_is_said_at_its_field(http: httpx.Client) -> None:
    page = Visitor(http).get("/sign-in").send("Sign in", email="ada@example.com")

    assert page.text.count("Password is missing.") == 2  # in the summary and at the field
    assert '<a href="#field-password">' in page.html
    assert 'aria-describedby="field-password-errors"' in page.html


@pytest.mark.parametrize("onward", ["/problems", "/coach?limit=1"])
def test_a_sign_in_leads_onward(client: Person, onward: str) -> None:
    page = Visitor(client.http).get("/sign-in", params={"next": onward})
    page = page.send("Sign in", email=client.email, password=PASSWORD)

    assert page.path == onward


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"]
)
def test_a_sign_in_leads_nowhere_else(client: Person, elsewhere: str) -> None:
    page = Visitor(client.http).get("/sign-in", params={"next": elsewhere})
    page = page.send("Sign in", email=client.email, password=PASSWORD)

    assert page.path == "/"


def test_the_cookie_is_for_pages_only(client: Person) -> None:
    visitor = Visitor.signed_in(client)
    token = visitor.http.cookies["visitor"]

    assert visitor.http.get("/auth/me").status_code == 401
    by_header = client.http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert by_header.status_code == 401

    stranger = Visitor(client.http)
    stranger.http.cookies["visitor"] = client.token
    assert "Sign out" not in stranger.get("/").text


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: Person) -> None:
    answer = client.http.post("/sign-in", data={"email": client.email, "password": PASSWORD}, headers=HTML)
    (cookie,) = [each for each in answer.headers.get_list("Set-Cookie") if each.startswith("visitor=")]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=2592000" in cookie or "Max-Age=2591999" in cookie


def test_a_cookie_is_renewed_while_it_is_used(client: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor.signed_in(client)
    first, page = visitor.http.cookies["visitor"], visitor.get("/")
    assert visitor.http.cookies["visitor"] == first

    monkeypatch.setattr(cookies, "RENEWED_AFTER", -1)
    visitor.get("/")

    assert visitor.http.cookies["visitor"] != first
    assert "You are signed out." in page.send("Sign out").text  # a form that was open keeps working


def test_a_sign_in_that_ended_elsewhere_ends_here(client: Person) -> None:
    visitor = Visitor.signed_in(client)
    client.ask("DELETE", "/auth/sign-in")

    assert "Sign out" not in visitor.get("/").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_sign_anybody_in(client: Person, headers: dict[str, str]) -> None:
    typed = {"email": client.email, "password": PASSWORD}

    page = Visitor(client.http).post("/sign-in", typed, headers=headers)

    assert page.status == 403
    assert "came from another site" in page.text


@pytest.mark.parametrize("token", [{}, {"csrf_token": "guessed"}])
def test_a_form_without_its_token_does_nothing(client: Person, token: dict[str, str]) -> None:
    visitor = Visitor.signed_in(client)

    page = visitor.post("/sign-out", token)

    assert page.status == 403
    assert "This form is out of date." in page.text
    assert "Sign out" in visitor.get("/").text


def test_wrong_passwords_are_limited(limits_on: None, client: Person) -> None:
    visitor = Visitor(client.http)
    typed = {"email": client.email, "password": "wrong one"}
    statuses = [visitor.post("/sign-in", typed).status for _ in range(11)]

    assert statuses == [422] * 10 + [429]


def test_a_visitor_without_a_sign_in_is_led_to_it(app: Flask, http: httpx.Client) -> None:
    answer = http.post("/sign-out", headers=HTML)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/sign-out")
