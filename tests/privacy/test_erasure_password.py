"""Whoever finds a device signed in does not erase its owner."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.bookings import erasure
from app.extensions import db
from tests.accounts.two_factor.authenticator import Phone, clock
from tests.people import PASSWORD, Person

__all__ = ["clock"]


def erase(person: Person, **proof: Any) -> httpx.Response:
    return person.ask("DELETE", "/auth/me", json=proof)


def refused(person: Person, **proof: Any) -> str:
    """Why, by the problem's type."""
    answer = erase(person, **proof)
    assert answer.status_code == 403, answer.text
    kind: str = answer.json()["type"]
    return kind.removeprefix("/problems/")


def test_the_password_is_needed_however_fresh_the_sign_in(zelda: Person) -> None:
    assert zelda.ask("DELETE", "/auth/me").json()["type"] == "/problems/password-needed"
    assert refused(zelda) == "password-needed"
    assert refused(zelda, password="not this one") == "wrong-password-or-code"
    assert erase(zelda, password=PASSWORD).status_code == 204


def test_a_wrong_password_erases_nothing_however_fresh_the_sign_in(zelda: Person) -> None:
    assert erase(zelda, password="not this one").status_code == 403
    assert zelda.get("/auth/me").json()["name"] == "Zelda Quimby"


@pytest.fixture
def phone(clock: object, zelda: Person) -> Phone:
    """Hers, its second factor on."""
    return Phone.of(zelda)


def test_where_a_second_factor_is_on_an_older_sign_in_needs_a_code_too(phone: Phone) -> None:
    assert refused(phone.owner) == "password-needed"
    assert refused(phone.owner, password=PASSWORD) == "code-needed"
    assert refused(phone.owner, password=PASSWORD, code=phone.shows_not()) == "wrong-password-or-code"
    assert refused(phone.owner, password="not this one", code=phone.shows()) == "wrong-password-or-code"
    assert erase(phone.owner, password=PASSWORD, code=phone.shows()).status_code == 204


def test_a_recovery_code_will_do(phone: Phone) -> None:
    assert erase(phone.owner, password=PASSWORD, code=phone.recovery_codes[0]).status_code == 204


def test_a_code_is_needed_right_after_a_login_with_one(phone: Phone) -> None:
    tokens = phone.signs_in(phone.shows()).json()
    phone.owner.token = tokens["access_token"]

    assert refused(phone.owner, password=PASSWORD) == "code-needed"
    assert refused(phone.owner, password=PASSWORD, code=phone.shows()) == "wrong-password-or-code"
    assert erase(phone.owner, password=PASSWORD, code=phone.shows(steps=1)).status_code == 204


@pytest.mark.parametrize("password", [None, "", " ", PASSWORD.upper(), PASSWORD + " "])
def test_what_is_not_the_password_erases_nobody(zelda: Person, password: str | None) -> None:
    assert refused(zelda, password=password) in {"password-needed", "wrong-password-or-code"}
    assert zelda.get("/auth/me").json()["name"] == "Zelda Quimby"


def test_wrong_codes_are_counted_with_those_of_logins(phone: Phone) -> None:
    for _ in range(3):
        refused(phone.owner, password=PASSWORD, code=phone.shows_not())

    assert db.session.scalar(text("SELECT wrong_codes FROM second_factor")) == 3


@pytest.mark.parametrize("guess", [{"password": "not this one"}, {"password": PASSWORD, "code": "no-code"}])
def test_guessing_ends_soon(phone: Phone, guess: dict[str, str]) -> None:
    for _ in range(10):
        assert refused(phone.owner, **guess) == "wrong-password-or-code"

    assert erase(phone.owner, password=PASSWORD, code=phone.shows()).status_code == 429


def test_who_only_lacks_the_password_is_no_guesser(zelda: Person) -> None:
    for _ in range(11):
        assert refused(zelda) == "password-needed"

    assert erase(zelda, password=PASSWORD).status_code == 204


def test_a_sign_in_that_was_ended_meanwhile_erases_nothing(
    http: httpx.Client, zelda: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner ends all sign-ins while a thief's request, let in before, waits for a lock."""
    wait = erasure.lock

    def waits(account: Any) -> None:
        db.session.execute(text("UPDATE sign_in SET revoked_at = now()"))
        wait(account)

    monkeypatch.setattr(erasure, "lock", waits)

    assert erase(zelda, password=PASSWORD).status_code == 401
