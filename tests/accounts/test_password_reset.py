"""Who forgot a password sets another with the link of a mail."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask import Flask
from itsdangerous import Signer
from redis import Redis
from sqlalchemy import select, text

from app.accounts.models import PasswordReset
from app.audit import AuditEntry
from app.config.settings import current_settings
from app.emails.models import Email
from app.extensions import db
from tests.accounts.account_mails import forgets, mails, token_in
from tests.accounts.two_factor.authenticator import proven, unproven
from tests.accounts.work_counts import statements
from tests.people import PASSWORD, Person
from tests.queues import queued

NEW = "seven green umbrellas"


def sets(http: httpx.Client, token: str, password: str = NEW) -> httpx.Response:
    return http.post("/auth/password/reset", json={"token": token, "password": password})


def signs_in(person: Person, password: str) -> bool:
    login = {"email": person.email, "password": password}
    return person.http.post("/auth/login", json=login).status_code == 200


def test_the_link_sets_a_new_password_and_ends_every_sign_in(client: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    assert sets(client.http, forgets(client)).status_code == 204

    assert (signs_in(client, PASSWORD), signs_in(client, NEW)) == (False, True)
    for ended in (client, elsewhere):
        assert ended.get("/auth/me").status_code == 401
        refresh = ended.http.post("/auth/refresh", json={"refresh_token": ended.refresh_token})
        assert refresh.status_code == 401


@pytest.mark.parametrize("address", [proven, unproven])
def test_the_calendar_s_feed_ends_with_the_password_that_got_it(
    client: Person, address: Callable[[Person], Person]
) -> None:
    feed = address(client).post("/booking/feed").json()["url"]
    assert client.http.get(feed).status_code == 200

    sets(client.http, forgets(client))

    assert client.http.get(feed).status_code == 404


def test_the_owner_is_told(client: Person) -> None:
    sets(client.http, forgets(client))

    (told,) = mails(client, "password_changed")
    assert "Signed out  everywhere" in told.text_body
    assert "Europe/London" in told.text_body


def test_it_is_on_record_as_the_owner_s_doing(client: Person) -> None:
    sets(client.http, forgets(client))

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("password.%"))).one()
    owner = f"account:{client.id}"
    assert (entry.action, entry.subject, entry.actor) == ("password.reset", owner, owner)


def test_a_link_is_good_once(client: Person) -> None:
    token = forgets(client)
    sets(client.http, token)

    again = sets(client.http, token, "another password of mine")

    assert again.status_code == 422
    assert [error["pointer"] for error in again.json()["errors"]] == ["/token"]
    assert signs_in(client, NEW)


def test_a_link_is_good_for_an_hour(client: Person) -> None:
    token = forgets(client)
    db.session.execute(text("UPDATE password_reset SET asked_at = asked_at - interval '61 minutes'"))
    db.session.commit()

    assert sets(client.http, token).status_code == 422
    assert signs_in(client, PASSWORD)


def test_only_the_newest_link_is_good(client: Person) -> None:
    older, newer = forgets(client), forgets(client)

    assert sets(client.http, older).status_code == 422
    assert sets(client.http, newer).status_code == 204


def test_a_link_dies_when_the_password_is_changed_otherwise(client: Person) -> None:
    token = forgets(client)
    client.post("/auth/password/change", json={"current_password": PASSWORD, "new_password": NEW})

    assert sets(client.http, token, "another password of mine").status_code == 422
    assert signs_in(client, NEW)


def test_a_password_that_is_refused_leaves_the_link_good(client: Person) -> None:
    token = forgets(client)

    refused = sets(client.http, token, "password123")

    assert [error["pointer"] for error in refused.json()["errors"]] == ["/password"]
    assert client.get("/auth/me").status_code == 200
    assert sets(client.http, token).status_code == 204


@pytest.mark.parametrize("place", [0, 10, -5])
def test_an_altered_token_sets_nothing(client: Person, place: int) -> None:
    letters = list(forgets(client))
    letters[place] = "A" if letters[place] != "A" else "B"

    assert sets(client.http, "".join(letters)).status_code == 422
    assert signs_in(client, PASSWORD)


def test_a_link_is_signed_by_a_hash_of_256_bits(client: Person) -> None:
    """SHA-1, the library's own choice, is for nothing new."""
    key, _, signature = forgets(client).partition(".")

    assert len(b64decode(f"{signature}=", altchars="-_")) * 8 == 256
    old = Signer(current_settings().signing_keys, salt=f"link in a mail to {client.email}")
    assert sets(client.http, old.sign(key).decode()).status_code == 422


@pytest.mark.parametrize("token", ["", "…", "a.b.c", "unsigned.00000000000000000000000000000000"])
def test_what_is_no_token_is_a_422(http: httpx.Client, token: str) -> None:
    assert sets(http, token).status_code == 422


def test_tokens_of_other_kinds_set_no_password(client: Person) -> None:
    of_the_address = token_in(mails(client, "verify_address")[0])

    for token in (client.token, client.refresh_token, of_the_address):
        assert sets(client.http, token).status_code == 422


def test_who_reads_the_outbox_finds_no_link_that_works(client: Person, coach: Person) -> None:
    token = forgets(client)
    (mail,) = mails(client, "reset_password")

    assert token not in mail.text_body + mail.html_body
    assert sets(client.http, f"unsigned.{mail.subject_id.replace('-', '')}").status_code == 422

    mail.recipient = coach.email  # as if it was put into a mail to somebody else
    assert sets(client.http, token_in(mail)).status_code == 422


def test_the_page_sets_the_password(client: Person) -> None:
    page = client.http.get("/auth/password/reset", params={"token": forgets(client)})
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    assert page.status_code == 200

    done = client.http.post("/auth/password/reset", data={"token": token, "password": NEW})

    assert done.status_code == 200
    assert f"Sign in to {client.email} with it" in done.text
    assert signs_in(client, NEW)


def test_the_page_asks_again_for_a_password_that_is_refused(client: Person) -> None:
    form = {"token": forgets(client), "password": "password123"}

    page = client.http.post("/auth/password/reset", data=form)

    assert page.status_code == 422
    assert "Your password is too common" in page.text
    assert form["token"] in page.text
    assert form["password"] not in page.text
    assert client.http.post("/auth/password/reset", data=form | {"password": NEW}).status_code == 200


def test_the_page_says_that_a_link_is_spent(client: Person) -> None:
    form = {"token": forgets(client), "password": NEW}
    client.http.post("/auth/password/reset", data=form)

    page = client.http.post("/auth/password/reset", data=form)

    assert page.status_code == 422
    assert page.headers["Content-Type"].startswith("text/html")
    assert "This link was used" in page.text


def test_the_page_shows_no_markup_from_its_address(http: httpx.Client) -> None:
    page = http.get("/auth/password/reset", params={"token": '"><script>alert(1)</script>'})

    assert "<script>" not in page.text


def test_three_mails_an_hour_are_enough_and_the_last_link_stays_good(app: Flask, client: Person) -> None:
    tokens = [forgets(client) for _ in range(5)]

    assert len(mails(client, "reset_password")) == 3
    assert tokens[2] == tokens[4]
    assert sets(client.http, tokens[2]).status_code == 204


def asks(http: httpx.Client, email: str, broker: Redis) -> tuple[int, dict[str, Any], list[str], int]:
    """What is answered, and what was done for it."""
    jobs = len(queued(broker, "email"))
    with statements() as done:
        answer = http.post("/auth/password/forgot", json={"email": email})
    return answer.status_code, answer.json(), done, len(queued(broker, "email")) - jobs


def test_an_unknown_address_is_answered_alike_and_after_as_much_work(client: Person, broker: Redis) -> None:
    known = [asks(client.http, client.email, broker) for _ in range(4)]
    unknown = asks(client.http, "nobody@example.com", broker)

    assert [answer[:2] for answer in known] == [unknown[:2]] * 4
    assert {len(answer[2]) for answer in known} == {len(unknown[2])}
    assert {answer[3] for answer in known} == {unknown[3]} == {1}


def test_an_unknown_address_gets_no_mail_and_leaves_nothing(app: Flask, http: httpx.Client) -> None:
    http.post("/auth/password/forgot", json={"email": "nobody@example.com"})

    assert db.session.scalars(select(Email)).all() == []
    assert db.session.scalars(select(PasswordReset)).all() == []
