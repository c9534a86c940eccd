"""Signing in with a password and a code of an app."""

from datetime import timedelta

import httpx
import pytest
from pyotp import parse_uri
from sqlalchemy import select, text

from app.accounts.two_factor.models import RecoveryCode, SecondFactor
from app.extensions import db
from tests.accounts.account_mails import forgets, mails
from tests.accounts.two_factor.authenticator import Phone, clock, proven
from tests.clock import Clock
from tests.people import PASSWORD, Person

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("clock")
NEW = "seven green umbrellas"
STEP = timedelta(seconds=30)


@pytest.fixture
def client(client: Person) -> Person:
    return proven(client)


@pytest.fixture
def phone(client: Person) -> Phone:
    """The client's, its second factor on."""
    return Phone.of(client)


def test_the_app_is_told_whose_codes_it_makes(client: Person) -> None:
    begun = client.post("/auth/second-factor", json={"password": PASSWORD})

    assert begun.status_code == 201
    assert begun.headers["Cache-Control"] == "no-store"
    app = parse_uri(begun.json()["uri"])
    assert (app.name, app.issuer, app.secret) == (client.email, "CultureBridge", begun.json()["secret"])


def test_it_is_not_on_until_a_code_is_confirmed(client: Person) -> None:
    phone = Phone(
        client, client.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"], []
    )

    wrong = client.post("/auth/second-factor/confirm", json={"code": phone.shows_not()})

    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/code"]
    assert phone.signs_in(None).status_code == 200
    assert client.get("/auth/me").json()["second_factor"] is False


def test_asking_again_replaces_a_secret_that_was_not_proven(client: Person) -> None:
    first = Phone(
        client, client.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"], []
    )
    client.post("/auth/second-factor", json={"password": PASSWORD})

    late = client.post("/auth/second-factor/confirm", json={"code": first.shows()})

    assert late.status_code == 422


def test_turned_on_it_shows_and_all_other_sign_ins_end(client: Person, coach: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    Phone.of(client)

    assert client.get("/auth/me").json()["second_factor"] is True
    assert elsewhere.get("/auth/me").status_code == 401
    assert coach.get("/auth/me").status_code == 200


def test_it_is_turned_on_once(phone: Phone) -> None:
    for path, body in (("", {"password": PASSWORD}), ("/confirm", {"code": phone.shows()})):
        again = phone.owner.post(f"/auth/second-factor{path}", json=body)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/second-factor-on")


def test_what_was_not_asked_for_is_not_confirmed(client: Person) -> None:
    assert client.post("/auth/second-factor/confirm", json={"code": "123456"}).status_code == 409


def test_a_secret_is_for_who_knows_the_password(client: Person) -> None:
    answer = client.post("/auth/second-factor", json={"password": "not my password"})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/password"]


def test_the_password_alone_is_told_to_bring_a_code(phone: Phone) -> None:
    answer = phone.signs_in(None)

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/second-factor-needed")
    assert "Send `code`" in answer.json()["detail"]


def test_password_and_code_sign_in(phone: Phone) -> None:
    code = phone.shows()
    assert phone.signs_in(f"{code[:3]} {code[3:]}").status_code == 200


def test_without_the_password_nobody_learns_that_there_is_a_code(phone: Phone, http: httpx.Client) -> None:
    wrong = phone.signs_in(phone.shows(), password="not the password")
    unknown = http.post("/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})

    assert wrong.status_code == 401
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert phone.signs_in(phone.shows()).status_code == 200


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (0, 200), (1, 200), (2, 401)])
def test_a_phone_s_clock_may_be_off_by_one_step(phone: Phone, steps: int, status: int) -> None:
    assert phone.signs_in(phone.shows(steps)).status_code == status


def test_a_phone_s_clock_may_be_a_step_behind(phone: Phone, clock: Clock) -> None:
    clock.at += 2 * STEP

    assert phone.signs_in(phone.shows(-1)).status_code == 200


def test_a_code_is_good_once_and_none_before_it_is_good_after_it(phone: Phone) -> None:
    now, next_one = phone.shows(), phone.shows(1)
    assert phone.signs_in(next_one).status_code == 200

    assert phone.signs_in(next_one).status_code == 401
    assert phone.signs_in(now).status_code == 401


def test_the_code_that_turned_it_on_signs_nobody_in(phone: Phone) -> None:
    assert phone.signs_in(phone.shows(-1)).status_code == 401


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "-", "0x1234", "½½½½½½"])
def test_what_is_no_code_is_refused(phone: Phone, code: str) -> None:
    assert phone.signs_in(code).status_code == 401


def test_a_code_of_somebody_else_s_app_is_refused(phone: Phone, coach: Person) -> None:
    other = Phone.of(coach)

    assert phone.signs_in(other.shows()).status_code == 401
    assert phone.signs_in(other.recovery_codes[0]).status_code == 401


def test_a_code_where_none_is_wanted_is_no_harm(client: Person) -> None:
    assert Phone(client, "A" * 32).signs_in("123456").status_code == 200


def test_a_recovery_code_is_good_once_however_it_is_typed(phone: Phone) -> None:
    code, other = phone.recovery_codes[:2]

    assert phone.signs_in(code.lower().replace("-", " ")).status_code == 200
    assert phone.signs_in(code).status_code == 401
    assert phone.signs_in(other.replace("O", "0").replace("I", "1")).status_code == 200


def test_a_password_that_is_reset_still_wants_a_code(phone: Phone) -> None:
    reset = {"token": forgets(phone.owner), "password": NEW}
    phone.owner.http.post("/auth/password/reset", json=reset)

    assert phone.signs_in(None, NEW).json()["type"] == "/problems/second-factor-needed"
    assert phone.signs_in(phone.shows(), NEW).status_code == 200


def test_who_reads_the_database_can_make_no_codes(phone: Phone) -> None:
    kept = db.session.scalars(select(SecondFactor)).one()
    codes = {row.code_hash for row in db.session.scalars(select(RecoveryCode))}

    assert phone.secret not in kept.secret
    assert len(codes) == 10
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in phone.recovery_codes)  # bits, of base32
    assert not codes & {*phone.recovery_codes, *(code.replace("-", "") for code in phone.recovery_codes)}


@pytest.mark.parametrize(
    "other",
    [
        "(SELECT secret FROM second_factor WHERE account_id = :coach)",
        "overlay(secret PLACING translate(substr(secret, 50, 1), 'AaBb', 'BbAa') || 'x' FROM 50 FOR 2)",
    ],
    ids=["moved", "altered"],
)
def test_a_secret_moved_to_another_account_or_altered_is_no_good(
    phone: Phone, coach: Person, other: str
) -> None:
    Phone.of(coach)
    db.session.execute(text(f"UPDATE second_factor SET secret = {other}"), {"coach": coach.id})
    db.session.commit()

    assert phone.signs_in(phone.shows()).status_code == 401
    assert phone.signs_in(phone.recovery_codes[0]).status_code == 200


def test_guessing_codes_ends_for_a_day_and_the_owner_is_told_early(phone: Phone, clock: Clock) -> None:
    for tries in range(20):
        phone.owner.http._transport.remote_addr = f"192.0.2.{tries}"  # type: ignore[attr-defined]
        assert phone.signs_in(phone.shows_not()).status_code == 401
        assert len(mails(phone.owner, "codes_guessed")) == (tries >= 4)

    refused = phone.signs_in(phone.shows())
    assert (refused.status_code, "recovery code" in refused.json()["detail"]) == (401, True)
    assert phone.signs_in(phone.recovery_codes[0]).status_code == 200

    clock.at += timedelta(days=1)
    assert phone.signs_in(phone.shows()).status_code == 200


def test_a_right_code_gives_who_guesses_no_more_tries(phone: Phone) -> None:
    for code in (*[phone.shows_not()] * 3, phone.shows(), phone.shows_not()):
        phone.signs_in(code)

    assert db.session.scalars(select(SecondFactor.wrong_codes)).one() == 4
