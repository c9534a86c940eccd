"""Anybody can open an account with the address of OPS_EMAIL: the operator's mails are none of theirs."""

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app import alerts
from app.admin import alert_mail
from app.alerts import AlertKind
from app.emails import outbox
from app.emails.models import Email
from app.emails.recipient_limits import MAX_UNVERIFIED
from app.emails.status import EmailStatus
from app.extensions import db
from tests.people import PASSWORD, Person

OPS = "ops@culturebridge.example"
SECRET = "Refund 7 of 75.00 EUR to Zelda Quimby failed"


@pytest.fixture
def stranger(http: httpx.Client) -> Person:
    person = {"email": OPS, "password": PASSWORD, "name": "Stranger", "role": "client"}
    assert http.post("/auth/register", json=person).status_code == 201
    return Person.signed_in(http, OPS, PASSWORD)


def alarm() -> Email:
    """What the operator is told."""
    alerts.record(AlertKind.FAILED_REFUND, "7", SECRET)
    alert_mail.send_digest()
    db.session.commit()
    return db.session.scalars(select(Email).where(Email.kind == "needs_attention")).one()


def test_a_stranger_who_takes_the_address_exports_none_of_the_operator_s_mails(stranger: Person) -> None:
    alarm()

    export = stranger.get("/auth/me/export")

    assert SECRET not in export.text
    assert [mail["kind"] for mail in export.json()["mails"]] == ["verify_address"]


def test_nor_keeps_alarms_from_leaving_by_all_that_the_account_was_sent(stranger: Person) -> None:
    for number in range(MAX_UNVERIFIED):
        of_account = {"recipient": OPS, "recipient_name": "Stranger", "subject": "", "request_id": "-"}
        words = {"text_body": "", "html_body": "", "kind": "refund_issued", "subject_id": str(number)}
        db.session.add(Email(**of_account, **words))

    assert alarm().status is EmailStatus.QUEUED


def test_nor_erases_them_with_the_account(stranger: Person) -> None:
    mail = alarm()

    assert stranger.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    db.session.refresh(mail)
    assert (mail.recipient, mail.status) == (OPS, EmailStatus.QUEUED)
    assert SECRET in mail.text_body


@pytest.mark.parametrize("named", ["an.na@x.example", "anna@x.example", "na@x.example.com"])
def test_nobody_erases_what_tells_of_somebody_else_by_an_address_that_is_a_part_of_theirs(
    http: httpx.Client, named: str
) -> None:
    alerts.record(AlertKind.EMAIL, "7", f"A mail to {named} (reminder) could not be sent")
    mail = alarm()
    assert named in mail.text_body
    person = {"email": "na@x.example", "password": PASSWORD, "name": "Nadia", "role": "client"}
    assert http.post("/auth/register", json=person).status_code == 201
    nadia = Person.signed_in(http, "na@x.example", PASSWORD)

    assert nadia.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    db.session.refresh(mail)
    assert (named in mail.text_body, mail.erase_at) == (True, None)


def test_a_kind_that_the_operator_shares_with_others_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(AssertionError, match="refund_issued is no operator's kind"):
        outbox.put_to_operator("refund_issued", "1", "A refund")
