"""Hashing passwords is work for a processor and takes memory: few at once, few wait, whoever knocks."""

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from app.accounts import password_hashing
from tests.accounts.account_mails import forgets, mails, token_in
from tests.attacks.openapi_values import places
from tests.people import PASSWORD, Person
from tests.waiting import wait_until

NEW = "seven green umbrellas"
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/auth/register"): {"email": "new@example.com", "password": NEW, "name": "Nell New"},
    ("post", "/auth/login"): {"email": "nobody@example.com", "password": PASSWORD},
    ("post", "/auth/password/reset"): {"password": NEW},
    ("post", "/auth/password/change"): {"current_password": PASSWORD, "new_password": NEW},
    ("post", "/auth/verify"): {"password": PASSWORD},
    ("post", "/auth/me/deactivate"): {"password": PASSWORD},
    ("delete", "/auth/me"): {"password": PASSWORD},
    ("post", "/auth/second-factor"): {"password": PASSWORD},
    ("delete", "/auth/second-factor"): {"password": PASSWORD, "code": "123456"},
    ("post", "/auth/second-factor/recovery-codes"): {"password": PASSWORD, "code": "123456"},
    ("post", "/coach/me/payout-account"): {
        "password": PASSWORD,
        "refresh_url": "https://example.com/again",
        "return_url": "https://example.com/payouts",
    },
}
"""What takes a password, and what to send there."""


class Held(PasswordHasher):
    """Keeps everybody until they may go on, and counts who is in."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may_go_on = threading.Event()
        self.inside: set[int] = set()
        self.most = 0

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.inside.add(threading.get_ident())
        self.most = max(self.most, len(self.inside))
        self.may_go_on.wait(60)
        self.inside.discard(threading.get_ident())
        return super().hash(*args, **kwargs)


def test_of_eight_who_come_together_two_are_hashed_two_wait_and_four_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = Held()
    monkeypatch.setattr(password_hashing, "_hasher", hasher)

    with ThreadPoolExecutor(8) as pool:
        all_of_them = [pool.submit(password_hashing.hashed, f"password {n}") for n in range(8)]
        wait_until(lambda: len(hasher.inside) == 2)
        refused = wait_until(lambda: len(done := [each for each in all_of_them if each.done()]) == 4 and done)
        hasher.may_go_on.set()

    assert all(isinstance(each.exception(), password_hashing.TooManyAtOnce) for each in refused)
    assert len({each.result() for each in all_of_them if each not in refused}) == 4
    assert hasher.most == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a whole process is nice or not")
def test_who_hashes_steps_back_for_everybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class Looking(PasswordHasher):
        def hash(self, *_: Any, **__: Any) -> str:
            return str(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    monkeypatch.setattr(password_hashing, "_hasher", Looking())

    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert int(password_hashing.hashed("seven green umbrellas")) > mine


@contextmanager
def everybody_else_sends_a_password() -> Iterator[None]:
    """Nobody's turn comes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password_hashing, "_places", threading.BoundedSemaphore(0))
        yield


def is_asked_to_retry(answer: httpx.Response) -> bool:
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/too-many-passwords")
    seconds = int(answer.headers["Retry-After"])
    assert answer.json()["detail"].endswith(f"send the request again in {seconds} s.")
    return seconds in password_hashing.COME_AGAIN


def _token(person: Person, path: str) -> dict[str, str]:
    """What stands in the person's mail, for the routes that take it."""
    if path.endswith("reset"):
        return {"token": forgets(person)}
    if path.endswith("verify"):
        return {"token": token_in(mails(person, "verify_address")[-1])}
    return {}


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_whatever_takes_a_password_says_when_to_come_again(
    client: Person, coach: Person, method: str, path: str
) -> None:
    person = coach if path.startswith("/coach/") else client
    body = BODIES[method, path] | _token(person, path)

    with everybody_else_sends_a_password():
        assert is_asked_to_retry(person.ask(method, path, json=body))

    assert person.ask(method, path, json=body).status_code < 500


def test_everything_that_takes_a_password_is_described_so(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    found = {
        (method, path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/auth/") and "503" in operation["responses"]
    }
    taken = places(http.get("/openapi.json").json())
    asked = {place.operation for place, _ in taken if place.name.rpartition("/")[2].endswith("password")}

    assert found == {each for each in BODIES if each[1].startswith("/auth/")}
    assert asked == {f"{method.upper()} {path}" for method, path in BODIES}


def test_whose_address_it_is_shows_no_more_than_else(client: Person) -> None:
    with everybody_else_sends_a_password():
        for email in (client.email, "nobody@example.com"):
            login = {"email": email, "password": PASSWORD}
            assert is_asked_to_retry(client.http.post("/auth/login", json=login))


def test_who_is_told_to_come_again_has_not_guessed_a_password(client: Person) -> None:
    login = {"email": client.email, "password": PASSWORD}
    with everybody_else_sends_a_password():
        for _ in range(11):  # one more than guesses are allowed
            assert is_asked_to_retry(client.http.post("/auth/login", json=login))

    assert client.http.post("/auth/login", json=login).status_code == 200


def test_a_link_is_not_spent_on_a_password_that_nobody_looked_at(client: Person) -> None:
    form = {"token": forgets(client), "password": NEW}
    with everybody_else_sends_a_password():
        assert is_asked_to_retry(client.http.post("/auth/password/reset", json=form))
        page = client.http.post("/auth/password/reset", data=form)

    assert (page.status_code, page.headers["Content-Type"][:9]) == (503, "text/html")
    assert f"send the request again in {page.headers['Retry-After']} s." in page.text
    assert form["token"] in page.text
    assert client.http.post("/auth/password/reset", data=form).status_code == 200
    assert Person.signed_in(client.http, client.email, NEW).id == client.id


def test_passwords_are_hashed_as_the_standard_says() -> None:
    """OWASP ASVS 5.0, appendix C: with two passes, 19 MiB or more. Tests put a quick one in its place."""
    passes, kibibytes, lanes = password_hashing.PASSES, password_hashing.KIBIBYTES, password_hashing.LANES
    made = PasswordHasher(passes, kibibytes, lanes).hash(PASSWORD)

    assert made.startswith(f"$argon2id$v=19$m={kibibytes},t={passes},p={lanes}$")
    assert (passes, lanes) == (2, 1)
    assert kibibytes >= 19456
