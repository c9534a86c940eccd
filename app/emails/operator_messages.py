"""The mails to whoever runs this."""

from uuid import UUID, uuid4

from flask import current_app

from app import context
from app.emails.models import Email
from app.emails.outbox import insert_once, templates
from app.extensions import db


def needs_attention(subject_id: str, what: str, remedy: str) -> None:
    """To the operator, when OPS_EMAIL names one: something that no code here can settle."""
    to = current_app.extensions["settings"].ops_email
    if to:
        insert_once(
            "needs_attention",
            subject_id,
            to,
            "Operator",
            f"Needs attention: {what.partition(chr(10))[0][:120]}",
            what=what,
            remedy=remedy,
        )


def test(to: str) -> UUID:
    """From `flask email test`: proves that mail works. The row's id; the caller sends it."""
    email = Email(
        kind="test",
        subject_id=uuid4().hex,
        recipient=to,
        recipient_name="",
        subject="A test mail from CultureBridge",
        text_body=templates.get_template("test.txt").render(),
        html_body=templates.get_template("test.html").render(subject="A test mail from CultureBridge"),
        request_id=context.request_id.get(),
    )
    db.session.add(email)
    db.session.flush()
    return email.id
