"""The outbox of the application in this process, and the mailbox that its mails go to."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.emails import delivery, smtp_pool
from app.emails.models import Email
from app.extensions import db
from tests.application import Application
from tests.people import Person, Sandbox


class Post(Application):
    """What is to be sent, who sends it, and what arrives."""

    def waiting(self, reader: Person, kind: str = "verify_address") -> UUID:
        """The mail of this kind in the outbox."""
        wanted = select(Email.id).where(Email.recipient == reader.email, Email.kind == kind)
        return db.session.scalars(wanted).one()

    def delivered(self, reader: Person, kind: str = "verify_address") -> dict[str, Any]:
        """The mail as it arrives, once it is sent."""
        email_id = self.waiting(reader, kind)
        self.work(delivery.deliver, email_id)
        found = [mail for mail in self.arrived(reader) if str(email_id) in mail["message_id"]]
        assert len(found) == 1, self.row(email_id).last_error
        return found[0]

    def delivered_subject(self, reader: Person, kind: str = "booking_confirmed") -> str:
        """The subject of a mail that has arrived."""
        email_id = self.waiting(reader, kind)
        (found,) = [mail for mail in self.arrived(reader) if str(email_id) in mail["message_id"]]
        return str(found["subject"])

    def arrived(self, reader: Person) -> list[dict[str, Any]]:
        return self.sandbox.mails_to(reader.email)

    def raw(self, mail: dict[str, Any]) -> bytes:
        """The mail's bytes as they came."""
        return self.sandbox.http.get(f"{self.sandbox.mailbox_url}/api/messages/{mail['id']}/raw").content

    def row(self, email_id: UUID) -> Email:
        db.session.expire_all()
        return db.session.get_one(Email, email_id)

    def make_due(self) -> None:
        db.session.execute(text("UPDATE email SET due_at = now() - interval '1 second'"))
        db.session.commit()


@pytest.fixture
def post(app: Flask, sandbox: Sandbox) -> Iterator[Post]:
    sandbox.behaves()
    with app.app_context():
        smtp_pool.close_all()  # whoever else has sent a mail
    yield Post(app, sandbox)
    with app.app_context():
        smtp_pool.close_all()
    sandbox.behaves()
