"""Keys are rotated while people are signed in and links are in their mail."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from tests.accounts.account_mails import forgets, mails, token_in
from tests.configuration import Configure
from tests.people import PASSWORD, Person

OLD, NEW = "the old key, which all of them were made with", "the new key, put beside the old one"
Roll = Callable[..., None]


@pytest.fixture
def roll(configure: Configure) -> Roll:
    """Start again with these keys: of tokens, and of links."""

    def keys(*values: str) -> None:
        secrets = tuple(SecretStr(value) for value in values)
        configure(secret_keys=secrets, jwt_secret_keys=secrets)

    keys(OLD)
    return keys


def may_call(person: Person) -> bool:
    return person.get("/auth/me").status_code == 200


def refreshed(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/auth/refresh", json={"refresh_token": token})


def sets_password(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/auth/password/reset", json={"token": token, "password": "seven green umbrellas"})


@pytest.mark.parametrize("keys", [(OLD, NEW), (NEW, OLD)], ids=["new behind", "new before"])
def test_who_was_signed_in_stays_so(http: httpx.Client, roll: Roll, keys: tuple[str, str]) -> None:
    person = Person.registered(http, "client")

    roll(*keys)

    assert may_call(person)
    assert refreshed(http, person.refresh_token).status_code == 200


def test_the_first_key_signs_and_the_one_that_is_gone_opens_nothing(http: httpx.Client, roll: Roll) -> None:
    early = Person.registered(http, "client")
    roll(NEW, OLD)
    late = Person.signed_in(http, early.email, PASSWORD)

    roll(NEW)

    assert may_call(late)
    assert not may_call(early)
    assert refreshed(http, early.refresh_token).status_code == 401
    assert refreshed(http, late.refresh_token).status_code == 200


def test_a_refresh_moves_a_sign_in_to_the_new_key(http: httpx.Client, roll: Roll) -> None:
    person = Person.registered(http, "client")
    roll(NEW, OLD)

    pair = refreshed(http, person.refresh_token).json()

    roll(NEW)
    assert refreshed(http, pair["refresh_token"]).status_code == 200


def test_processes_that_know_the_new_key_already_take_what_others_sign_with_it(
    http: httpx.Client, roll: Roll
) -> None:
    roll(NEW, OLD)
    person = Person.registered(http, "client")

    roll(OLD, NEW)  # a machine that was not started again yet

    assert may_call(person)


@pytest.mark.parametrize("kind", ["verify", "reset"])
def test_links_in_mails_outlive_the_new_key_and_not_the_end_of_the_old(
    http: httpx.Client, roll: Roll, kind: str
) -> None:
    first, second = (Person.registered(http, "client") for _ in range(2))
    tokens = [
        token_in(mails(person, "verify_address")[0]) if kind == "verify" else forgets(person)
        for person in (first, second)
    ]

    def use(token: str) -> int:
        if kind == "reset":
            return sets_password(http, token).status_code
        return http.post("/auth/verify", json={"token": token, "password": PASSWORD}).status_code

    roll(NEW, OLD)
    assert use(tokens[0]) in {200, 204}
    roll(NEW)
    assert use(tokens[1]) == 422


def test_the_name_of_a_key_in_a_token_does_not_choose_a_key_that_fits(http: httpx.Client, roll: Roll) -> None:
    roll(NEW)
    person = Person.registered(http, "client")
    header = person.token.split(".")[0]
    roll(OLD)
    other = Person.signed_in(http, person.email, PASSWORD)

    roll(NEW, OLD)
    person.token = ".".join([header, *other.token.split(".")[1:]])

    assert not may_call(person)
    assert may_call(other)
