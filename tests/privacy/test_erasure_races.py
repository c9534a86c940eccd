"""What is under way while somebody's account is erased, and what comes after."""

import pytest

from app.emails import delivery, smtp
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from app.payments.payouts.account import PayoutAccount
from app.privacy import retention
from tests.payments.payouts.connected_accounts import deliver_account_events, onboarded, stripe_finds
from tests.people import Person
from tests.privacy.personal_data import erase, tables_with, work_off
from tests.shop import Shop


@pytest.mark.parametrize(
    ("reply", "became"),
    [
        ("250 OK", EmailStatus.SENT),
        ("550 5.1.1 <{}>: no such user", EmailStatus.WITHDRAWN),
        ("451 4.3.0 <{}>: later", EmailStatus.WITHDRAWN),
    ],
)
def test_a_mail_that_is_being_sent_names_nobody_afterwards(
    shop: Shop, zelda: Person, monkeypatch: pytest.MonkeyPatch, reply: str, became: EmailStatus
) -> None:
    (mail,) = shop.mails("verify_address")
    send = smtp.send

    def erased_meanwhile(email: Email) -> None:
        monkeypatch.setattr(smtp, "send", send)
        assert erase(zelda).status_code == 204
        if not reply.startswith("250"):
            shop.sandbox.mail_fails(at="rcpt", reply=reply.format(zelda.email))
        send(email)

    monkeypatch.setattr(smtp, "send", erased_meanwhile)
    shop.work(delivery.deliver, mail.id)
    shop.sandbox.behaves()
    work_off(shop)
    shop.work(retention.redact_emails)

    assert db.session.get_one(Email, mail.id).status is became
    assert tables_with(zelda.email) == set()


@pytest.mark.usefixtures("connect")
def test_of_a_coach_who_left_stripe_is_not_asked_again(shop: Shop, corin: Person) -> None:
    onboarded(shop, corin)
    erase(corin)

    deliver_account_events(shop, corin, stripe_finds(shop, corin, "restricted"))

    (row,) = shop.rows(PayoutAccount)
    assert (row.requirements, row.due_at) == ([], None)
