"""Which passwords can be chosen: any that is long and not among the first to be tried."""

import httpx
import pytest
from flask import Flask

from app.accounts import password_policy
from app.http.problems import Invalid
from tests.people import Person


def refusal(password: str) -> str | None:
    try:
        password_policy.check(password, "/password", "christopher@example.com", "Ada Lovelace")
    except Invalid as refused:
        return refused.detail
    return None


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "0123 green 9876",
        "lowercaseonlyxkq",
        "jürgen müller",
        "密码正确马电池钉书针",
        "#4$9am&2!8",
        "x7Kq9" * 25,
    ],
)
def test_any_signs_will_do(password: str) -> None:
    assert refusal(password) is None


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "Password123!",
        "1234567890",
        "qwertyuiop",
        "iloveyou123",
        "\uff30assword123",
        "passwordpassword",
        "aaaaaaaaaaaa",
        "121212121212",
        "Manchester1",
        "culturebridge",
        "international",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert "too common" in str(refusal(password))


@pytest.mark.parametrize(
    "password",
    ["christopher@example.com", "CHRISTOPHER", "christopher1!", "ada lovelace", "Ada Lovelace26"],
)
def test_one_s_own_address_or_name_is_refused(password: str) -> None:
    assert "your e-mail address or your name" in str(refusal(password))


@pytest.mark.parametrize(("length", "fits"), [(9, False), (10, True), (128, True), (129, False)])
def test_the_length_counts_characters(length: int, fits: bool) -> None:
    password = ("ж7kq€шx9z" * 15)[:length]

    assert (refusal(password) is None) is fits


def test_what_two_keyboards_write_differently_is_one_password(http: httpx.Client) -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    person = {"email": "ada@example.com", "password": composed, "name": "Ada"}
    assert http.post("/auth/register", json=person).status_code == 201

    assert Person.signed_in(http, "ada@example.com", decomposed).email == "ada@example.com"


def test_an_administrator_s_is_held_to_it_too(app: Flask) -> None:
    wish = ["account", "create-admin", "boss@example.com"]

    done = app.test_cli_runner().invoke(args=wish, input="password1234\n")

    assert done.exit_code == 1
    assert "The password is too common" in done.output
