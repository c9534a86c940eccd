"""What people find in their mail about their accounts."""

import re

import httpx
from sqlalchemy import select

from app.emails import signed_links
from app.emails.models import Email
from app.extensions import db
from tests.people import Person


def mails(person: Person, kind: str) -> list[Email]:
    """Those of one kind, the oldest first."""
    found = select(Email).where(Email.recipient == person.email, Email.kind == kind)
    return list(db.session.scalars(found.order_by(Email.created_at)))


def token_in(mail: Email) -> str:
    """As it is in the mail that leaves."""
    return token_of(signed_links.signed(mail.text_body, mail.recipient))


def token_of(body: str) -> str:
    """The token of the one link."""
    (link,) = re.findall(r"https?://\S+", body)
    return httpx.URL(link).params["token"]


def forgets(person: Person) -> str:
    """The person asks for a new password: the token in the mail."""
    answer = person.http.post("/auth/password/forgot", json={"email": person.email})
    assert answer.status_code == 202, answer.text
    return token_in(mails(person, "reset_password")[-1])


NEW = "seven green umbrellas"


def with_new_password(stranger: Person) -> Person:
    reset = {"token": forgets(stranger), "password": NEW}
    assert stranger.http.post("/auth/password/reset", json=reset).status_code == 204
    return Person.signed_in(stranger.http, stranger.email, NEW)
