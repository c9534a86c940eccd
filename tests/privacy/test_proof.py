"""Whoever finds a device signed in does not erase its owner."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.bookings import leaving
from app.extensions import db
from tests.accounts.second_factors import Phone, clock
from tests.people import PASSWORD, Person
from tests.privacy.conftest import erase

__all__ = ["clock"]


def refused(person: Person, **proof: Any) -> str:
    """Why, by the problem's type."""
    answer = erase(person, **proof)
    assert answer.status_code == 403, answer.text
    kind: str = answer.json()["type"]
    return kind.removeprefix("/problems/")


def aged(minutes: int) -> None:
    db.session.execute(text(f"UPDATE sign_in SET created_at = now() - interval '{minutes} minutes'"))
    db.session.commit()


def test_an_older_sign_in_needs_the_password(http: httpx.Client, zelda: Person) -> None:
    aged(16)

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
    aged(16)

    assert refused(phone.owner) == "password-needed"
    assert refused(phone.owner, password=PASSWORD) == "code-needed"
    assert refused(phone.owner, password=PASSWORD, code=phone.shows_not()) == "wrong-password-or-code"
    assert refused(phone.owner, password="not this one", code=phone.shows()) == "wrong-password-or-code"
    assert erase(phone.owner, password=PASSWORD, code=phone.shows()).status_code == 204


def test_a_recovery_code_will_do(phone: Phone) -> None:
    aged(16)

    assert erase(phone.owner, password=PASSWORD, code=phone.recovery_codes[0]).status_code == 204


def test_after_a_login_of_just_now_the_code_is_not_asked_for_again(phone: Phone) -> None:
    aged(14)

    assert erase(phone.owner).status_code == 204


def test_wrong_codes_are_counted_with_those_of_logins(phone: Phone) -> None:
    aged(16)
    for _ in range(3):
        refused(phone.owner, password=PASSWORD, code=phone.shows_not())

    assert db.session.scalar(text("SELECT wrong_codes FROM second_factor")) == 3


@pytest.mark.parametrize("guess", [{"password": "not this one"}, {"password": PASSWORD, "code": "no-code"}])
def test_guessing_ends_soon(phone: Phone, guess: dict[str, str]) -> None:
    aged(16)
    for _ in range(10):
        assert refused(phone.owner, **guess) == "wrong-password-or-code"

    assert erase(phone.owner, password=PASSWORD, code=phone.shows()).status_code == 429


def test_who_only_lacks_the_password_is_no_guesser(zelda: Person) -> None:
    aged(16)
    for _ in range(11):
        assert refused(zelda) == "password-needed"

    assert erase(zelda, password=PASSWORD).status_code == 204


def test_a_sign_in_that_was_ended_meanwhile_erases_nothing(
    http: httpx.Client, zelda: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner ends all sign-ins while a thief's request, let in before, waits for a lock."""
    wait = leaving.lock

    def waits(account: Any) -> None:
        db.session.execute(text("UPDATE sign_in SET revoked_at = now()"))
        wait(account)

    monkeypatch.setattr(leaving, "lock", waits)

    assert erase(zelda).status_code == 401
