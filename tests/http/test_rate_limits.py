"""Who asks too often is told when to come back; who was not the one to ask so often is not."""

import json
import os

import httpx
import pytest
from flask import Flask

from tests.accounts.two_factor.authenticator import Phone, clock
from tests.people import PASSWORD, Person
from tests.ports import refusing
from tests.programs import Programs

__all__ = ["clock"]
ATTEMPTS = 10
GUESS = """
import json
from wsgi import app
guess = {"email": "nobody@example.com", "password": "a wrong password"}
asked = app.test_client()
print(json.dumps([asked.post("/auth/login", json=guess).status_code for _ in range(11)]))
"""


pytestmark = pytest.mark.usefixtures("limits_on")


def login(http: httpx.Client, email: str, password: str, address: str = "192.0.2.1") -> httpx.Response:
    http._transport.remote_addr = address  # type: ignore[attr-defined]
    return http.post("/auth/login", json={"email": email, "password": password})


def test_guessing_a_password_ends_soon_and_says_when_to_come_back(http: httpx.Client, client: Person) -> None:
    for _ in range(ATTEMPTS):
        assert login(http, client.email, "a wrong password").status_code == 401

    refused = login(http, client.email.upper(), PASSWORD)

    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert "Too many wrong passwords" in refused.json()["detail"]


def test_nobody_is_locked_out_by_somebody_else(http: httpx.Client, client: Person) -> None:
    for _ in range(ATTEMPTS + 1):
        login(http, client.email, "a wrong password")

    assert login(http, client.email, PASSWORD, address="192.0.2.2").status_code == 200


def test_who_signs_in_often_is_not_who_guesses(http: httpx.Client, client: Person) -> None:
    for _ in range(ATTEMPTS + 1):
        answer = login(http, client.email, PASSWORD)
        assert (answer.status_code, "Retry-After" in answer.headers) == (200, False)


def test_an_address_opens_few_accounts_an_hour(http: httpx.Client) -> None:
    answers = [http.post("/auth/register", json={}).status_code for _ in range(31)]

    assert answers == [422] * 30 + [429]


def test_an_account_that_books_without_end_is_slowed_down(client: Person, coach: Person) -> None:
    answers = [client.post("/booking", json={}).status_code for _ in range(61)]

    assert answers == [422] * 60 + [429]
    assert coach.post("/booking", json={}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_feed_that_is_made_or_closed_without_end_leaves_few_records(client: Person, method: str) -> None:
    answers = [client.ask(method, "/booking/feed").status_code for _ in range(31)]

    assert (429 in answers[:30], answers[-1]) == (False, 429)


def test_without_redis_each_process_counts_for_itself(
    application: Flask, environment: dict[str, str], programs: Programs
) -> None:
    with refusing() as port:
        nowhere = {**os.environ, **environment, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        done = programs.run(GUESS, nowhere)

    assert json.loads(done.stdout) == [401] * ATTEMPTS + [429]
    assert "Rate limit storage unreachable" in done.stderr


@pytest.mark.usefixtures("clock")
def test_guessing_codes_ends_as_soon_and_who_only_lacks_one_is_no_guesser(
    http: httpx.Client, client: Person
) -> None:
    phone = Phone.of(client)
    for _ in range(ATTEMPTS + 1):
        assert login(http, client.email, PASSWORD).json()["type"] == "/problems/second-factor-needed"

    answers = [phone.signs_in("no-code").status_code for _ in range(ATTEMPTS + 1)]

    assert answers == [401] * ATTEMPTS + [429]


@pytest.mark.parametrize("spelled", ["{}@\uff45xample.com", "{}@example\u3002com", "{}@EXAMPLE.com"])
def test_an_account_is_the_same_however_its_address_is_spelled(
    http: httpx.Client, client: Person, spelled: str
) -> None:
    for _ in range(ATTEMPTS):
        login(http, client.email, "a wrong password")

    again = login(http, spelled.format(client.email.partition("@")[0]), "a wrong password")

    assert again.status_code == 429


def test_neighbours_in_a_network_of_one_household_are_one(http: httpx.Client, client: Person) -> None:
    """A single line gets 2**64 addresses of IPv6."""
    for n in range(ATTEMPTS):
        login(http, client.email, "a wrong password", address=f"2001:db8:0:1::{n}")

    assert login(http, client.email, PASSWORD, address="2001:db8:0:1:ffff::1").status_code == 429
    assert login(http, client.email, PASSWORD, address="2001:db8:0:2::1").status_code == 200


def test_a_site_of_ipv6_has_a_bound_of_its_own(http: httpx.Client, client: Person) -> None:
    """A /48 has 65,536 networks: whoever has one gets no count for each of them."""
    for n in range(160):
        answer = login(http, client.email, "a wrong password", address=f"2001:db8:0:{n:x}::1")
        assert answer.status_code == 401

    assert login(http, client.email, PASSWORD, address="2001:db8:0:ffff::1").status_code == 429
    assert login(http, client.email, PASSWORD, address="2001:db8:1:ffff::1").status_code == 200


@pytest.mark.parametrize(
    "body", ["[" * 100_000, "{", '{"email": [{}]}', '{"email": "\\ud800@x"}', "x" * 600_000]
)
def test_no_body_has_us_count_anew(http: httpx.Client, client: Person, body: str) -> None:
    """What cannot be read must not look like a Redis that is away."""
    for _ in range(ATTEMPTS):
        login(http, client.email, "a wrong password")

    http.post("/auth/login", content=body, headers={"Content-Type": "application/json"})

    assert login(http, client.email, PASSWORD).status_code == 429


@pytest.mark.parametrize(
    "told", ["192.0.2.1:{port}", "[2001:db8::1]:{port}", "::ffff:192.0.2.1", "[2001:db8::1]"]
)
def test_a_port_that_a_router_writes_down_gives_nobody_a_count_of_their_own(
    http: httpx.Client, client: Person, told: str
) -> None:
    address = "2001:db8::1" if "2001" in told else "192.0.2.1"
    for port in range(ATTEMPTS):
        login(http, client.email, "a wrong password", told.format(port=50_000 + port))

    assert login(http, client.email, PASSWORD, address).status_code == 429
