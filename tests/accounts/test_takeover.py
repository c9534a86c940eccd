"""A stranger opens an account with somebody's address; its owner comes later and has it wholly."""

from dataclasses import dataclass

import httpx
import pytest
from flask import Flask
from pyotp import TOTP
from redis import Redis

from app.emails import delivery, smtp
from app.emails.models import Email
from tests.accounts.account_mails import forgets, mails, token_in
from tests.accounts.two_factor.authenticator import Phone, proven, unproven
from tests.people import PASSWORD, Person

pytestmark = pytest.mark.usefixtures("limits_on")
NEW = "seven green umbrellas"


@dataclass
class Stranger:
    """All that somebody holds who registered with an address of another."""

    person: Person
    feed: str
    secret: str | None = None

    @classmethod
    def at_work(cls, http: httpx.Client) -> "Stranger":
        person = Person.registered(http, "coach", proven=False)
        return cls(person, person.post("/booking/feed").json()["url"])

    def gets_in(self) -> list[str]:
        """By which of the ways that were open before."""
        http, email = self.person.http, self.person.email
        spent = http.post("/auth/refresh", json={"refresh_token": self.person.refresh_token})
        ways = {
            "access token": self.person.get("/auth/me"),
            "refresh token": spent,
            "feed": http.get(self.feed),
        }
        login = http.post("/auth/login", json={"email": email, "password": PASSWORD})
        return [way for way, answer in (ways | {"password": login}).items() if answer.status_code == 200]


@pytest.fixture
def stranger(http: httpx.Client) -> Stranger:
    return Stranger.at_work(http)


def resets(owner: Person) -> None:
    reset = {"token": forgets(owner), "password": NEW}
    assert owner.http.post("/auth/password/reset", json=reset).status_code == 204


def test_the_owner_s_new_password_leaves_the_stranger_nothing(stranger: Stranger) -> None:
    assert stranger.gets_in() == ["access token", "refresh token", "feed", "password"]

    resets(stranger.person)

    assert stranger.gets_in() == []
    owner = Person.signed_in(stranger.person.http, stranger.person.email, NEW)
    assert owner.get("/auth/me").json()["email_verified"] is True
    assert owner.post("/auth/second-factor", json={"password": NEW}).status_code == 201


def test_the_owner_s_link_alone_does_not_bless_what_the_stranger_opened(stranger: Stranger) -> None:
    token = token_in(mails(stranger.person, "verify_address")[0])

    assert stranger.person.http.post("/auth/verify", json={"token": token}).status_code == 422

    assert stranger.person.get("/auth/me").json()["email_verified"] is False


def test_nothing_that_the_stranger_is_shown_proves_the_address(stranger: Stranger) -> None:
    person, http = stranger.person, stranger.person.http
    forgets(person)
    person.post("/auth/verify/resend")
    shown = person.get("/auth/me/export").json()["mails"]
    assert len(shown) == 3

    for text in {token_of_link(mail["text"]) for mail in shown}:
        assert person.post("/auth/verify", json={"token": text}).status_code == 422
        assert http.post("/auth/password/reset", json={"token": text, "password": NEW}).status_code == 422
    refused = person.post("/auth/second-factor", json={"password": PASSWORD})
    assert refused.json()["type"] == "/problems/address-not-verified"


def token_of_link(text: str) -> str:
    return text.partition("?token=")[2].split()[0]


def test_nor_does_anything_that_an_operator_is_shown(stranger: Stranger, admin: Person) -> None:
    person = stranger.person
    sent = token_in(mails(person, "verify_address")[0])
    for mail in admin.get(f"/admin/email?recipient={person.email}").json()["items"]:
        shown = admin.get(f"/admin/email/{mail['id']}")
        token = token_of_link(shown.json()["text_body"])

        assert sent not in shown.text
        assert person.post("/auth/verify", json={"token": token}).status_code == 422


def test_a_secret_that_was_asked_for_and_not_confirmed_goes(stranger: Stranger) -> None:
    person = proven(stranger.person)  # as a flaw of ours would have it
    secret = person.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"]
    unproven(person)
    resets(person)
    owner = Person.signed_in(person.http, person.email, NEW)

    confirmed = owner.post("/auth/second-factor/confirm", json={"code": TOTP(secret).now()})

    assert confirmed.json()["type"] == "/problems/second-factor-off"


def test_a_factor_from_before_the_proof_does_not_keep_the_owner_out(stranger: Stranger) -> None:
    Phone.of(stranger.person)
    unproven(stranger.person)

    resets(stranger.person)

    owner = Person.signed_in(stranger.person.http, stranger.person.email, NEW)
    assert owner.get("/auth/me").json()["second_factor"] is False


def test_links_from_before_a_proof_are_good_no_more(stranger: Stranger) -> None:
    person, http = stranger.person, stranger.person.http
    proof, reset = token_in(mails(person, "verify_address")[0]), forgets(person)

    resets(person)

    again = {"token": reset, "password": "another password of mine"}
    assert http.post("/auth/password/reset", json=again).status_code == 422
    assert http.post("/auth/verify", json={"token": proof, "password": PASSWORD}).status_code == 422


def test_a_proof_s_token_opens_nothing_else_and_no_other_account(stranger: Stranger, client: Person) -> None:
    http, token = client.http, token_in(mails(client, "verify_address")[0])
    account, _, rest = token.partition(".")
    other = mails(stranger.person, "verify_address")[0].text_body.partition("unsigned.proof.")[2][:32]
    assert len(account) == len(other) == 32

    assert http.post("/auth/password/reset", json={"token": token, "password": NEW}).status_code == 422
    assert stranger.person.post("/auth/verify", json={"token": f"{other}.{rest}"}).status_code == 422
    assert client.post("/auth/verify", json={"token": token}).json()["id"] == client.id


def test_a_mail_server_that_repeats_a_mail_puts_no_link_on_record(
    app: Flask, stranger: Stranger, admin: Person, monkeypatch: pytest.MonkeyPatch, broker: Redis
) -> None:
    (mail,) = mails(stranger.person, "verify_address")
    token = token_in(mail)

    def refuse(email: Email) -> None:
        raise smtp.Refused(f"554 no such links: https://example.com/auth/verify?token={token}")

    monkeypatch.setattr(smtp, "send", refuse)
    delivery.deliver(mail.id)

    said = admin.get(f"/admin/email/{mail.id}").json()["last_error"]
    assert said.startswith("554 no such links: https://example.com/auth/verify?token=")
    assert token not in said
    assert token.partition(".")[2] not in said


@pytest.mark.parametrize("role", ["client", "coach"])
def test_the_stranger_s_name_goes_too(http: httpx.Client, role: str) -> None:
    stranger = Person.registered(http, role, name="Call 0900 and win", proven=False)
    stranger.ask("PATCH", "/auth/me", json={"reminder_hours": []}).raise_for_status()

    resets(stranger)

    owner = Person.signed_in(http, stranger.email, NEW)
    shown = owner.get("/auth/me").json()
    assert (shown["name"], shown["reminder_hours"]) == (role.title(), [24, 1])
    (told,) = mails(owner, "account_taken_over")
    assert f"others read {role.title()} until you write yours" in " ".join(told.text_body.split())
    assert "0900" not in told.text_body + told.html_body
