import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from flask import Flask
from itsdangerous import TimestampSigner
from sqlalchemy import select, text

from app.accounts.models import Account
from app.emails import signed_links
from app.emails.models import Email
from app.extensions import db
from tests.people import PASSWORD, Person


@pytest.fixture
def link(app: Flask, client: Person) -> str:
    """What the client finds in the mail."""
    (mail,) = verification_mails(client)
    (found,) = re.findall(r"https?://\S+", signed_links.signed(mail.text_body, mail.recipient))
    return str(found)


@pytest.fixture
def token(link: str) -> str:
    return httpx.URL(link).params["token"]


def verified(client: Person) -> bool:
    again = Person.signed_in(client.http, client.email, PASSWORD)
    return bool(again.get("/auth/me").json()["email_verified"])


def test_the_token_of_the_mail_verifies_the_address_once(client: Person, token: str) -> None:
    proof = {"token": token, "password": PASSWORD}
    first = client.http.post("/auth/verify", json=proof)
    second = client.http.post("/auth/verify", json=proof)

    assert first.status_code == 200
    assert first.json()["email_verified"] is True
    assert verified(client)
    assert second.status_code == 422
    assert [error["pointer"] for error in second.json()["errors"]] == ["/token"]


def test_a_visit_of_the_page_verifies_nothing_and_its_button_does(client: Person, link: str) -> None:
    page = client.http.get(link)
    assert page.status_code == 200
    assert not verified(client)

    (field,) = re.findall(r'name="token" value="([^"]*)"', page.text)
    done = client.http.post("/auth/verify", data={"token": html.unescape(field), "password": PASSWORD})

    assert done.status_code == 200
    assert f"{client.email} is confirmed" in done.text
    assert verified(client)


def test_a_used_link_says_so_on_a_page(client: Person, token: str) -> None:
    client.http.post("/auth/verify", data={"token": token, "password": PASSWORD})

    again = client.http.post("/auth/verify", data={"token": token})

    assert again.status_code == 422
    assert again.headers["Content-Type"].startswith("text/html")
    assert "used already" in again.text


def test_the_page_shows_no_markup_from_its_address(http: httpx.Client) -> None:
    page = http.get("/auth/verify", params={"token": '"><script>alert(1)</script>'})

    assert "<script>" not in page.text


@pytest.mark.parametrize("place", [0, 10, -5])
def test_an_altered_token_verifies_nothing(client: Person, token: str, place: int) -> None:
    letters = list(token)
    letters[place] = "A" if letters[place] != "A" else "B"

    answer = client.post("/auth/verify", json={"token": "".join(letters)})

    assert answer.status_code == 422
    assert not verified(client)


def test_a_token_is_good_for_three_days(client: Person, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    late = datetime.now(UTC) + signed_links.PROOF_LASTS + timedelta(seconds=2)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(late.timestamp()))

    answer = client.post("/auth/verify", json={"token": token})

    assert answer.status_code == 422
    assert "expired" in answer.json()["detail"]
    assert not verified(client)


def test_a_token_proves_only_the_address_that_it_was_sent_to(client: Person, token: str) -> None:
    account = db.session.get_one(Account, UUID(client.id))
    account.email = "moved@example.com"
    db.session.commit()

    assert client.post("/auth/verify", json={"token": token}).status_code == 422
    assert client.get("/auth/me").json()["email_verified"] is False


def test_an_access_token_verifies_no_address(client: Person) -> None:
    assert client.post("/auth/verify", json={"token": client.token}).status_code == 422


def verification_mails(client: Person) -> list[Email]:
    return list(db.session.scalars(select(Email).where(Email.recipient == client.email)))


def test_the_mail_can_be_asked_for_again_and_both_links_are_good(client: Person, token: str) -> None:
    answer = client.post("/auth/verify/resend")

    assert answer.status_code == 202
    assert len(verification_mails(client)) == 2
    assert client.post("/auth/verify", json={"token": token}).status_code == 200


def test_three_mails_an_hour_are_enough(app: Flask, client: Person) -> None:
    answers = [client.post("/auth/verify/resend") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].json()["type"] == "/problems/too-many-mails"
    assert 3500 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert len(verification_mails(client)) == 3

    db.session.execute(text("UPDATE email SET created_at = created_at - interval '61 minutes'"))
    db.session.commit()
    assert client.post("/auth/verify/resend").status_code == 202


def test_a_verified_address_is_not_asked_again(client: Person, token: str) -> None:
    client.http.post("/auth/verify", json={"token": token, "password": PASSWORD})

    answer = client.post("/auth/verify/resend")

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/already-verified"
    assert len(verification_mails(client)) == 1


def test_who_shows_the_password_as_well_stays_signed_in(client: Person, token: str) -> None:
    feed = client.post("/booking/feed").json()["url"]

    proof = client.http.post("/auth/verify", json={"token": token, "password": PASSWORD})

    assert proof.status_code == 200
    assert client.get("/auth/me").json()["email_verified"] is True
    assert client.http.get(feed).status_code == 200


def test_who_is_signed_in_to_it_needs_no_password(client: Person, token: str) -> None:
    proof = client.post("/auth/verify", json={"token": token})

    assert (proof.status_code, proof.json()["email_verified"]) == (200, True)
    assert client.get("/auth/me").json()["email_verified"] is True


def test_the_link_alone_proves_nothing_nor_with_somebody_else_s_sign_in(client: Person, token: str) -> None:
    other = Person.registered(client.http, "client")

    answers = [ask("/auth/verify", json={"token": token}) for ask in (client.http.post, other.post)]
    page = client.http.post("/auth/verify", data={"token": token})

    for answer in answers:
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password")
    assert (page.status_code, "set a new one by mail" in page.text, token in page.text) == (422, True, True)
    assert not verified(client)


def test_a_sign_in_that_ended_proves_nothing(client: Person, token: str) -> None:
    client.post("/auth/logout")

    assert client.post("/auth/verify", json={"token": token}).status_code == 401
    assert not verified(client)


def test_a_password_of_somebody_else_proves_nothing_and_spends_no_link(client: Person, token: str) -> None:
    wrong = {"token": token, "password": "not the one of it"}

    refused = client.http.post("/auth/verify", json=wrong)
    page = client.http.post("/auth/verify", data=wrong)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/password")
    assert "set a new one by mail" in refused.json()["detail"]
    assert (page.status_code, wrong["password"] in page.text, token in page.text) == (422, False, True)
    assert not verified(client)
    done = client.http.post("/auth/verify", data={"token": token, "password": PASSWORD})
    assert (done.status_code, client.get("/auth/me").status_code) == (200, 200)


def test_the_page_wants_the_password_so_that_nobody_confirms_what_a_stranger_opened(
    client: Person, link: str
) -> None:
    (field,) = re.findall(r"<input[^>]*type=.password.[^>]*>", client.http.get(link).text)

    assert "required" in field
